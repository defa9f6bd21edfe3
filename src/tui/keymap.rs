//! The one table of keys: what each does, where, and what it is called.
//!
//! Keys are dispatched by it, the footer and the help are drawn from it, and
//! the palette lists it, so that they cannot disagree. Arrows and the keys of
//! vi both move; nothing needs a modifier that some terminals do not send.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where a key is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Everywhere,
    Moving,
    Connect,
    Scan,
    Grid,
    Editing,
    Prompt,
    Palette,
    Review,
    Apply,
    Result,
    History,
    Transaction,
}

impl Context {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Moving => "Moving",
            Self::Connect => "Connecting",
            Self::Scan => "Scanning",
            Self::Grid => "Findings",
            Self::Editing => "Editing a value",
            Self::Prompt => "Search and filter",
            Self::Palette => "Palette",
            Self::Review => "Review",
            Self::Apply => "Writing",
            Self::Result => "Result",
            Self::History => "History",
            Self::Transaction => "Transaction",
        }
    }
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    Help,
    Palette,
    Close,
    Back,
    Interrupt,
    Log,
    History,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    First,
    Last,
    FirstColumn,
    LastColumn,
    NextField,
    PreviousField,
    Toggle,
    Submit,
    Demo,
    Cancel,
    Edit,
    Accept,
    Remove,
    Complete,
    Undecide,
    AcceptSafe,
    Undo,
    Redo,
    Mark,
    MarkUp,
    MarkDown,
    Range,
    MarkVisible,
    MarkAll,
    ClearMarks,
    Search,
    NextMatch,
    PreviousMatch,
    Filter,
    FilterCell,
    FilterOutCell,
    ClearFilter,
    Sort,
    SortAdd,
    Detail,
    DetailUp,
    DetailDown,
    CopyCell,
    CopyName,
    Review,
    Rescan,
    RefreshRows,
    RefreshDomain,
    Ldif,
    Arm,
    Write,
    Rollback,
    Recover,
    Open,
    ClearLine,
}

/// A key, as far as it is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

const fn plain(code: KeyCode) -> Key {
    Key {
        code,
        modifiers: KeyModifiers::NONE,
    }
}

const fn letter(character: char) -> Key {
    plain(KeyCode::Char(character))
}

const fn ctrl(character: char) -> Key {
    Key {
        code: KeyCode::Char(character),
        modifiers: KeyModifiers::CONTROL,
    }
}

const fn shift(code: KeyCode) -> Key {
    Key {
        code,
        modifiers: KeyModifiers::SHIFT,
    }
}

impl Key {
    /// The key of an event. The case of a character says what Shift says.
    fn of(event: KeyEvent) -> Self {
        let kept =
            event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::SHIFT | KeyModifiers::ALT);
        match event.code {
            KeyCode::Char(character) if kept.contains(KeyModifiers::CONTROL) => Self {
                code: KeyCode::Char(character.to_ascii_lowercase()),
                modifiers: kept - KeyModifiers::SHIFT,
            },
            KeyCode::Char(character) => Self {
                code: KeyCode::Char(character),
                modifiers: kept - KeyModifiers::SHIFT,
            },
            KeyCode::BackTab => plain(KeyCode::BackTab),
            code => Self {
                code,
                modifiers: kept,
            },
        }
    }

    /// As people write it: `Ctrl-r`, `Shift-↓`, `Space`.
    pub(super) fn label(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(character) => character.to_string(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            format!("Ctrl-{name}")
        } else if self.modifiers.contains(KeyModifiers::SHIFT) {
            format!("Shift-{name}")
        } else {
            name
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding {
    pub(super) context: Context,
    pub(super) keys: &'static [Key],
    pub(super) intent: Intent,
    /// The short name: footer and palette.
    pub(super) name: &'static str,
    /// What it does, in a line.
    pub(super) text: &'static str,
    /// Whether the footer shows it.
    pub(super) footer: bool,
}

const fn bind(
    context: Context,
    keys: &'static [Key],
    intent: Intent,
    texts: (&'static str, &'static str),
) -> Binding {
    Binding {
        context,
        keys,
        intent,
        name: texts.0,
        text: texts.1,
        footer: false,
    }
}

const fn shown(binding: Binding) -> Binding {
    Binding {
        footer: true,
        ..binding
    }
}

use Context as C;
use Intent as I;
use KeyCode as K;

/// All keys. The order is that of the footer and the help.
#[rustfmt::skip]
pub(super) const BINDINGS: &[Binding] = &[
    shown(bind(C::Connect, &[plain(K::Enter)], I::Submit, ("connect", "go to the next field; connect from the last"))),
    shown(bind(C::Connect, &[plain(K::Tab), plain(K::Down)], I::NextField, ("next field", "go to the next field"))),
    bind(C::Connect, &[plain(K::BackTab), plain(K::Up)], I::PreviousField, ("previous field", "go back a field")),
    shown(bind(C::Connect, &[letter(' ')], I::Toggle, ("switch", "switch the box under the cursor on or off"))),
    shown(bind(C::Connect, &[plain(K::F(2))], I::Demo, ("demo", "open the sample forests instead; nothing is contacted"))),
    bind(C::Connect, &[plain(K::F(1))], I::Help, ("help", "show the keys")),
    bind(C::Connect, &[plain(K::F(4))], I::History, ("history", "show what was written in earlier runs")),
    shown(bind(C::Connect, &[plain(K::Esc)], I::Close, ("quit", "leave the program"))),
    shown(bind(C::Scan, &[letter('c')], I::Cancel, ("stop", "stop reading; what was read is shown and called partial"))),
    shown(bind(C::Grid, &[plain(K::Enter), letter('e')], I::Edit, ("edit", "edit the new value of the row under the cursor"))),
    shown(bind(C::Grid, &[letter('t')], I::Accept, ("take", "take the proposals of the marked rows, else of the cursor row"))),
    bind(C::Grid, &[letter('r'), plain(K::Delete)], I::Remove, ("remove", "stage REMOVE: take the value away")),
    bind(C::Grid, &[letter('c')], I::Complete, ("complete", "stage COMPLETE: the value is right as it is")),
    bind(C::Grid, &[letter('x'), plain(K::Backspace)], I::Undecide, ("undecide", "take the decision back: the row is left alone")),
    shown(bind(C::Grid, &[letter('A')], I::AcceptSafe, ("safe", "take every safe proposal of the rows that the filter shows"))),
    bind(C::Grid, &[letter('v')], I::Range, ("range", "begin a range here; again marks it")),
    bind(C::Grid, &[shift(K::Down)], I::MarkDown, ("mark down", "mark while moving down")),
    bind(C::Grid, &[shift(K::Up)], I::MarkUp, ("mark up", "mark while moving up")),
    bind(C::Grid, &[letter('V')], I::MarkVisible, ("mark screen", "mark the rows on the screen")),
    bind(C::Grid, &[ctrl('a')], I::MarkAll, ("mark all", "mark all rows that the filter shows")),
    bind(C::Grid, &[letter('M')], I::ClearMarks, ("clear marks", "take all marks away")),
    shown(bind(C::Grid, &[letter('f'), letter('&')], I::Filter, ("filter", "show matching rows only: words, field:value, /regex/, ! before any of them"))),
    shown(bind(C::Grid, &[letter('R')], I::Review, ("review", "look at all staged changes before anything is written"))),
    shown(bind(C::Grid, &[letter(' ')], I::Mark, ("mark", "mark the row, or take its mark away"))),
    bind(C::Grid, &[letter('=')], I::FilterCell, ("filter by cell", "show only rows like the cell under the cursor")),
    bind(C::Grid, &[letter('!')], I::FilterOutCell, ("hide like cell", "hide rows like the cell under the cursor")),
    bind(C::Grid, &[letter('F')], I::ClearFilter, ("clear filter", "show all rows again")),
    bind(C::Grid, &[letter('/')], I::Search, ("search", "jump to rows that match, hiding nothing")),
    bind(C::Grid, &[letter('n')], I::NextMatch, ("next match", "go to the next match of the search")),
    bind(C::Grid, &[letter('N')], I::PreviousMatch, ("previous match", "go to the match before")),
    shown(bind(C::Grid, &[letter('s')], I::Sort, ("sort", "sort by this column; again reverses"))),
    bind(C::Grid, &[letter('S')], I::SortAdd, ("sort also", "add this column as a further sort key; again reverses it")),
    bind(C::Grid, &[letter('d'), plain(K::Tab)], I::Detail, ("detail", "detail pane: beside the grid, alone, hidden")),
    bind(C::Grid, &[letter(']'), letter('J')], I::DetailDown, ("detail down", "scroll the detail pane")),
    bind(C::Grid, &[letter('['), letter('K')], I::DetailUp, ("detail up", "scroll the detail pane back")),
    shown(bind(C::Grid, &[letter('u'), ctrl('z')], I::Undo, ("undo", "take the last staged change back"))),
    bind(C::Grid, &[ctrl('r'), ctrl('y')], I::Redo, ("redo", "stage again what was taken back")),
    bind(C::Grid, &[letter('y')], I::CopyCell, ("copy cell", "copy the cell to the clipboard")),
    bind(C::Grid, &[letter('Y')], I::CopyName, ("copy DN", "copy the distinguished name to the clipboard")),
    bind(C::Grid, &[plain(K::F(5))], I::Rescan, ("scan again", "scan everything again; what is staged stays where the row is still the same")),
    bind(C::Grid, &[plain(K::F(6))], I::RefreshRows, ("read rows again", "read the entries of the marked rows, else of all rows shown, again")),
    bind(C::Grid, &[plain(K::F(7))], I::RefreshDomain, ("read domain again", "read the domain of the row under the cursor again, new entries, too")),
    shown(bind(C::Editing, &[plain(K::Enter)], I::Submit, ("stage", "stage the value; nothing is written yet"))),
    shown(bind(C::Editing, &[plain(K::Esc)], I::Close, ("leave", "leave without a change"))),
    shown(bind(C::Editing, &[ctrl('u')], I::ClearLine, ("empty", "empty the line"))),
    shown(bind(C::Prompt, &[plain(K::Enter)], I::Submit, ("go", "search or filter"))),
    shown(bind(C::Prompt, &[plain(K::Esc)], I::Close, ("leave", "leave without a change"))),
    shown(bind(C::Prompt, &[ctrl('u')], I::ClearLine, ("empty", "empty the line"))),
    shown(bind(C::Palette, &[plain(K::Enter)], I::Submit, ("run", "run the chosen action"))),
    bind(C::Palette, &[plain(K::Down), plain(K::Tab)], I::Down, ("down", "next action")),
    bind(C::Palette, &[plain(K::Up), plain(K::BackTab)], I::Up, ("up", "action before")),
    shown(bind(C::Palette, &[plain(K::Esc)], I::Close, ("leave", "leave without running anything"))),
    shown(bind(C::Review, &[letter('a')], I::Arm, ("arm", "arm or disarm writing"))),
    shown(bind(C::Review, &[letter('w')], I::Write, ("write", "begin writing, after a last question"))),
    shown(bind(C::Review, &[letter('l')], I::Ldif, ("LDIF", "show the changes as LDIF, or as a diff"))),
    shown(bind(C::Apply, &[letter('c')], I::Cancel, ("stop", "stop after the entry that is being written"))),
    shown(bind(C::Result, &[letter('r')], I::Rollback, ("roll back", "take this transaction back, as a new one"))),
    shown(bind(C::History, &[plain(K::Enter)], I::Open, ("show", "show what the transaction changed"))),
    shown(bind(C::History, &[letter('r')], I::Rollback, ("roll back", "take the transaction back, as a new one"))),
    shown(bind(C::History, &[letter('f')], I::Recover, ("recover", "settle by reading what an unfinished transaction left open"))),
    shown(bind(C::Transaction, &[letter('r')], I::Rollback, ("roll back", "take this transaction back, as a new one"))),
    bind(C::Moving, &[plain(K::Up), letter('k')], I::Up, ("up", "up")),
    bind(C::Moving, &[plain(K::Down), letter('j')], I::Down, ("down", "down")),
    bind(C::Moving, &[plain(K::Left), letter('h')], I::Left, ("left", "left, a column")),
    bind(C::Moving, &[plain(K::Right), letter('l')], I::Right, ("right", "right, a column")),
    bind(C::Moving, &[plain(K::PageUp), ctrl('b')], I::PageUp, ("page up", "a page up")),
    bind(C::Moving, &[plain(K::PageDown), ctrl('f')], I::PageDown, ("page down", "a page down")),
    bind(C::Moving, &[ctrl('u')], I::HalfUp, ("half page up", "half a page up")),
    bind(C::Moving, &[ctrl('d')], I::HalfDown, ("half page down", "half a page down")),
    bind(C::Moving, &[plain(K::Home), letter('g')], I::First, ("first", "to the first row")),
    bind(C::Moving, &[plain(K::End), letter('G')], I::Last, ("last", "to the last row")),
    bind(C::Moving, &[letter('0')], I::FirstColumn, ("first column", "to the first column")),
    bind(C::Moving, &[letter('$')], I::LastColumn, ("last column", "to the last column")),
    bind(C::Everywhere, &[letter('H')], I::History, ("history", "all transactions; from there roll back and recover")),
    bind(C::Everywhere, &[letter('L')], I::Log, ("operations", "every LDAP operation, as it was sent")),
    bind(C::Everywhere, &[letter(':')], I::Palette, ("palette", "find an action by its name")),
    shown(bind(C::Everywhere, &[letter('q')], I::Close, ("close", "close this layer; on the last one leave, and ask if work is staged"))),
    bind(C::Everywhere, &[plain(K::Esc)], I::Back, ("back", "close this layer, or give up a range or a search; never leaves")),
    shown(bind(C::Everywhere, &[letter('?'), plain(K::F(1))], I::Help, ("help", "show these keys"))),
    bind(C::Everywhere, &[ctrl('c')], I::Interrupt, ("stop or quit", "stop what is running; else quit, and ask if work is staged")),
];

/// What the event asks for in these contexts, first context first.
pub(super) fn intent(contexts: &[Context], event: KeyEvent) -> Option<Intent> {
    let key = Key::of(event);
    contexts.iter().find_map(|context| {
        BINDINGS
            .iter()
            .find(|binding| binding.context == *context && binding.keys.contains(&key))
            .map(|binding| binding.intent)
    })
}

/// The bindings of these contexts, in their order, without those that an earlier context hides.
pub(super) fn bindings(contexts: &[Context]) -> Vec<&'static Binding> {
    contexts
        .iter()
        .flat_map(|context| {
            BINDINGS
                .iter()
                .filter(move |binding| binding.context == *context)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for (at, one) in BINDINGS.iter().enumerate() {
            for other in BINDINGS.iter().skip(at + 1) {
                let clash = one.context == other.context
                    && one.keys.iter().any(|key| other.keys.contains(key));
                assert!(!clash, "{} and {}", one.text, other.text);
            }
        }
    }

    #[test]
    fn arming_starting_and_confirming_have_different_keys() {
        let key = |intent| BINDINGS.iter().find(|b| b.intent == intent).map(|b| b.keys);
        assert_ne!(key(Intent::Arm), key(Intent::Write));
        let confirms = letter('y');
        for intent in [Intent::Arm, Intent::Write, Intent::Rollback] {
            assert!(!key(intent).is_some_and(|keys| keys.contains(&confirms)));
        }
    }

    #[test]
    fn shift_and_case_say_the_same() {
        let with_shift = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        let without = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::NONE);
        for event in [with_shift, without] {
            assert_eq!(intent(&[Context::Moving], event), Some(Intent::Last));
        }
        let alt = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::ALT);
        assert_eq!(intent(&[Context::Moving], alt), None);
    }

    #[test]
    fn an_earlier_context_wins() {
        let event = KeyEvent::new(KeyCode::Char('l'), KeyModifiers::NONE);
        assert_eq!(
            intent(&[Context::Review, Context::Moving], event),
            Some(Intent::Ldif)
        );
        assert_eq!(intent(&[Context::Moving], event), Some(Intent::Right));
    }
}
