//! The one table of keys: what each does, where, and what it is called.
//!
//! Keys are dispatched by it, the footer and the help are drawn from it, and
//! the palette lists it, so that they cannot disagree. Arrows and the keys of
//! vi both move; nothing needs a modifier that some terminals do not send.

mod table;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::screens::summary::Panel;
use table::BINDINGS;

/// Where a key is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Everywhere,
    Moving,
    Connect,
    Testing,
    Examination,
    Refusal,
    Scan,
    Summary,
    Contacts,
    Rules,
    Exceptions,
    Grid,
    Editing,
    Prompt,
    Palette,
    Menu,
    Columns,
    Bulk,
    Resolve,
    Review,
    Apply,
    Result,
    History,
    Sessions,
    Transaction,
}

impl Context {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Moving => "Moving",
            Self::Connect => "Connecting",
            Self::Testing | Self::Examination | Self::Refusal => "Testing the connection",
            Self::Scan => "Scanning",
            Self::Summary => "Summary",
            Self::Contacts => "Contact data",
            Self::Rules => "Rules",
            Self::Exceptions => "Accepted",
            Self::Grid => "Findings",
            Self::Editing => "Editing a value",
            Self::Prompt => "Search and filter",
            Self::Palette => "Palette",
            Self::Menu => "Choosing",
            Self::Columns => "Choosing columns",
            Self::Bulk => "Editing many values",
            Self::Resolve => "Who keeps a value",
            Self::Review => "Review",
            Self::Apply => "Writing",
            Self::Result => "Result",
            Self::History => "History",
            Self::Sessions => "Sessions",
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
    Mouse,
    Colours,
    History,
    Summary,
    Contacts,
    Rules,
    Exceptions,
    /// To these bars of the summary.
    Panel(Panel),
    Sessions,
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
    EditMany,
    ReplaceMany,
    Suffix,
    UsePrimary,
    Resolve,
    Undo,
    Redo,
    Mark,
    MarkUp,
    MarkDown,
    Range,
    MarkVisible,
    MarkAll,
    MarkMatching,
    Invert,
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
    GroupBy,
    ToggleGroup,
    ToggleGroups,
    NextGroup,
    PreviousGroup,
    Wider,
    Narrower,
    Whole,
    HideColumn,
    ShowColumns,
    Columns,
    Freeze,
    Reset,
    Detail,
    DetailPage,
    DetailUp,
    DetailDown,
    CopyCell,
    CopyName,
    CopyRow,
    Review,
    Rescan,
    RefreshRows,
    RefreshDomain,
    Ldif,
    Arm,
    Write,
    Rollback,
    RollbackTo,
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

impl Key {
    /// A key without a modifier.
    const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::NONE,
        }
    }

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
            KeyCode::BackTab => Self::plain(KeyCode::BackTab),
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

/// When the footer shows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Footer {
    Never,
    /// Where there is room beside the useful ones.
    WithRoom,
    Useful,
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
    /// When the footer shows it.
    pub(super) footer: Footer,
}

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
        let confirms = Key::plain(KeyCode::Char('y'));
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
