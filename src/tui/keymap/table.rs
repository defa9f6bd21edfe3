//! The table itself: a line a key.

use crossterm::event::KeyCode as K;
use crossterm::event::KeyModifiers;

use super::{Binding, Context as C, Footer, Intent as I, Key, Panel};

const fn plain(code: K) -> Key {
    Key::plain(code)
}

const fn letter(character: char) -> Key {
    plain(K::Char(character))
}

const fn ctrl(character: char) -> Key {
    Key {
        code: K::Char(character),
        modifiers: KeyModifiers::CONTROL,
    }
}

const fn shift(code: K) -> Key {
    Key {
        code,
        modifiers: KeyModifiers::SHIFT,
    }
}

const fn bind(
    context: C,
    keys: &'static [Key],
    intent: I,
    texts: (&'static str, &'static str),
) -> Binding {
    Binding {
        context,
        keys,
        intent,
        name: texts.0,
        text: texts.1,
        footer: Footer::Never,
    }
}

const fn shown(binding: Binding) -> Binding {
    Binding {
        footer: Footer::Useful,
        ..binding
    }
}

const fn roomy(binding: Binding) -> Binding {
    Binding {
        footer: Footer::WithRoom,
        ..binding
    }
}

/// All keys. The order is that of the footer and the help.
#[rustfmt::skip]
pub(super) const BINDINGS: &[Binding] = &[
    shown(bind(C::Connect, &[plain(K::Enter)], I::Submit, ("connect", "go to the next field that is needed; then test the connection"))),
    shown(bind(C::Connect, &[plain(K::Tab), plain(K::Down)], I::NextField, ("next field", "go to the next field"))),
    bind(C::Connect, &[plain(K::BackTab), plain(K::Up)], I::PreviousField, ("previous field", "go back a field")),
    shown(bind(C::Connect, &[letter(' '), plain(K::Right)], I::Toggle, ("choose", "take the next of the choices under the cursor"))),
    bind(C::Connect, &[plain(K::Left)], I::Left, ("previous choice", "take the previous of the choices under the cursor")),
    shown(bind(C::Connect, &[plain(K::F(2))], I::Demo, ("demo", "open the sample forests instead; nothing is contacted"))),
    bind(C::Connect, &[plain(K::F(1))], I::Help, ("help", "show the keys")),
    bind(C::Connect, &[plain(K::F(3))], I::Sessions, ("sessions", "list kept sessions; continue or discard one")),
    bind(C::Connect, &[plain(K::F(4))], I::History, ("history", "show what was written in earlier runs")),
    shown(bind(C::Connect, &[plain(K::Esc)], I::Close, ("quit", "leave the program"))),
    shown(bind(C::Testing, &[plain(K::Esc)], I::Back, ("stop", "stop the test and go back to the form"))),
    shown(bind(C::Examination, &[plain(K::Enter)], I::Submit, ("scan", "scan what was tested"))),
    shown(bind(C::Examination, &[plain(K::Esc)], I::Back, ("back to the form", "go back to the form, as it was filled in"))),
    shown(bind(C::Refusal, &[plain(K::Enter), plain(K::Esc)], I::Back, ("back to the form", "go back to the form, as it was filled in"))),
    shown(bind(C::Scan, &[letter('c')], I::Cancel, ("stop", "stop reading; what was read is shown and called partial"))),
    shown(bind(C::Summary, &[plain(K::Enter)], I::Open, ("findings", "show the findings that this bar counts"))),
    shown(bind(C::Summary, &[plain(K::Tab)], I::NextField, ("next", "to the next kind of bars"))),
    shown(bind(C::Summary, &[letter('U')], I::Suffix, ("suffix", "another UPN suffix for the sign-in names of this OU and below, with a preview"))),
    shown(bind(C::Summary, &[letter('A')], I::AcceptSafe, ("safe", "take every safe proposal of all findings"))),
    shown(bind(C::Summary, &[letter('R')], I::Review, ("review", "look at all staged changes before anything is written"))),
    shown(bind(C::Summary, &[letter('c')], I::Contacts, ("contacts", "how complete the contact data of each OU is"))),
    bind(C::Summary, &[plain(K::BackTab)], I::PreviousField, ("previous", "to the kind of bars before")),
    bind(C::Summary, &[letter('1')], I::Panel(Panel::Severity), ("severities", "to the bars by severity")),
    bind(C::Summary, &[letter('2')], I::Panel(Panel::Attribute), ("attributes", "to the bars by attribute")),
    bind(C::Summary, &[letter('3')], I::Panel(Panel::Domain), ("domains", "to the bars by domain")),
    bind(C::Summary, &[letter('4')], I::Panel(Panel::Rule), ("broken rules", "to the bars by rule")),
    bind(C::Summary, &[letter('5')], I::Panel(Panel::Unit), ("OUs", "to the bars by OU")),
    bind(C::Summary, &[letter('P')], I::UsePrimary, ("UPN from mail", "set the UPN to the primary address in this OU and below, with a preview")),
    bind(C::Summary, &[letter('u'), ctrl('z')], I::Undo, ("undo", "take the last staged change back")),
    bind(C::Summary, &[ctrl('r'), ctrl('y')], I::Redo, ("redo", "stage again what was taken back")),
    bind(C::Summary, &[plain(K::F(5))], I::Rescan, ("scan again", "scan everything again; what is staged stays where the row is still the same")),
    shown(bind(C::Rules, &[plain(K::Enter)], I::Open, ("findings", "show the findings that break this rule"))),
    shown(bind(C::Rules, &[letter(']'), letter('J')], I::DetailDown, ("scroll", "scroll what is told of the rule"))),
    bind(C::Rules, &[letter('['), letter('K')], I::DetailUp, ("scroll back", "scroll what is told of the rule back")),
    shown(bind(C::Exceptions, &[letter('x'), plain(K::Delete)], I::Undecide, ("take back", "no longer accept it: it is a finding again, in later scans too"))),
    shown(bind(C::Exceptions, &[plain(K::Enter)], I::Open, ("findings", "show the accepted findings in the grid"))),
    bind(C::Exceptions, &[letter(']'), letter('J')], I::DetailDown, ("scroll", "scroll what is told of the exception")),
    bind(C::Exceptions, &[letter('['), letter('K')], I::DetailUp, ("scroll back", "scroll what is told of the exception back")),
    shown(bind(C::Grid, &[plain(K::Enter), letter('e')], I::Edit, ("edit", "edit the new value of the row under the cursor"))),
    shown(bind(C::Grid, &[letter('t')], I::Accept, ("take", "take the proposals of the marked rows, else of the cursor row"))),
    bind(C::Grid, &[letter('r'), plain(K::Delete)], I::Remove, ("remove", "stage REMOVE: take the value away")),
    bind(C::Grid, &[letter('c')], I::Complete, ("complete", "stage COMPLETE: the value is right as it is")),
    bind(C::Grid, &[letter('x'), plain(K::Backspace)], I::Undecide, ("undecide", "take the decision back: the row is left alone")),
    bind(C::Grid, &[letter('E')], I::EditMany, ("edit many", "one value or a template for the marked rows, with a preview")),
    bind(C::Grid, &[letter('%')], I::ReplaceMany, ("replace", "replace by a regular expression in the marked rows, with a preview")),
    bind(C::Grid, &[letter('U')], I::Suffix, ("UPN suffix", "another suffix for the sign-in names marked, else for all of this OU")),
    bind(C::Grid, &[letter('P')], I::UsePrimary, ("UPN from mail", "set the UPN to the primary address: those marked, else all of this OU")),
    roomy(bind(C::Grid, &[letter('D')], I::Resolve, ("duplicates", "see who holds this value and choose who keeps it"))),
    shown(bind(C::Grid, &[letter('A')], I::AcceptSafe, ("safe", "take every safe proposal of the rows that the filter shows"))),
    bind(C::Grid, &[letter('v')], I::Range, ("range", "begin a range here; again marks it")),
    bind(C::Grid, &[shift(K::Down)], I::MarkDown, ("mark down", "mark while moving down")),
    bind(C::Grid, &[shift(K::Up)], I::MarkUp, ("mark up", "mark while moving up")),
    bind(C::Grid, &[letter('V')], I::MarkVisible, ("mark screen", "mark the rows on the screen")),
    bind(C::Grid, &[ctrl('a')], I::MarkAll, ("mark all", "mark all rows that the filter shows")),
    bind(C::Grid, &[letter('m')], I::MarkMatching, ("mark matching", "mark the rows that match a filter, hiding nothing")),
    bind(C::Grid, &[letter('i')], I::Invert, ("invert marks", "mark what is not marked of the rows that the filter shows, and no more of them")),
    bind(C::Grid, &[letter('M')], I::ClearMarks, ("clear marks", "take all marks away")),
    shown(bind(C::Grid, &[letter('f'), letter('&')], I::Filter, ("filter", "show matching rows only: words, field:value, field:=all of it, /regex/, ! for not"))),
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
    bind(C::Grid, &[letter('b')], I::GroupBy, ("group", "put the rows in groups: by rule, OU, conflict set …")),
    bind(C::Grid, &[letter('o')], I::ToggleGroup, ("open group", "open or close the group under the cursor")),
    bind(C::Grid, &[letter('O')], I::ToggleGroups, ("open all groups", "open or close all groups")),
    bind(C::Grid, &[letter('}')], I::NextGroup, ("next group", "go to the next group")),
    bind(C::Grid, &[letter('{')], I::PreviousGroup, ("previous group", "go to the beginning of the group, or to the one before")),
    bind(C::Grid, &[letter('>')], I::Wider, ("wider", "make this column wider")),
    bind(C::Grid, &[letter('<')], I::Narrower, ("narrower", "make this column narrower")),
    bind(C::Grid, &[letter('w')], I::Whole, ("whole", "show this column whole; again shortens it")),
    bind(C::Grid, &[letter('-')], I::HideColumn, ("hide column", "hide this column")),
    bind(C::Grid, &[letter('+')], I::ShowColumns, ("show columns", "show all hidden columns again")),
    bind(C::Grid, &[letter('z')], I::Freeze, ("freeze", "keep the columns up to this one when the others scroll; again none")),
    bind(C::Grid, &[letter('C')], I::Columns, ("columns", "choose and order the columns")),
    bind(C::Grid, &[letter('d'), plain(K::Tab)], I::Detail, ("detail", "detail pane: beside the grid, alone, hidden")),
    bind(C::Grid, &[letter('a')], I::DetailPage, ("detail page", "turn the detail pane: finding, who holds the value, all of the entry")),
    bind(C::Grid, &[letter(']'), letter('J')], I::DetailDown, ("detail down", "scroll the detail pane")),
    bind(C::Grid, &[letter('['), letter('K')], I::DetailUp, ("detail up", "scroll the detail pane back")),
    shown(bind(C::Grid, &[letter('u'), ctrl('z')], I::Undo, ("undo", "take the last staged change back"))),
    bind(C::Grid, &[ctrl('r'), ctrl('y')], I::Redo, ("redo", "stage again what was taken back")),
    bind(C::Grid, &[letter('y')], I::CopyCell, ("copy cell", "copy the cell to the clipboard")),
    bind(C::Grid, &[letter('Y')], I::CopyName, ("copy DN", "copy the distinguished name to the clipboard")),
    bind(C::Grid, &[letter('T')], I::CopyRow, ("copy row", "copy the row to the clipboard, its columns apart by tabs")),
    bind(C::Grid, &[plain(K::F(5))], I::Rescan, ("scan again", "scan everything again; what is staged stays where the row is still the same")),
    bind(C::Grid, &[plain(K::F(6))], I::RefreshRows, ("read rows again", "read the entries of the marked rows, else of all rows shown, again")),
    bind(C::Grid, &[plain(K::F(7))], I::RefreshDomain, ("read domain again", "read the domain of the row under the cursor again, new entries, too")),
    shown(bind(C::Editing, &[plain(K::Enter)], I::Submit, ("stage", "stage the value; nothing is written yet"))),
    shown(bind(C::Editing, &[plain(K::Esc)], I::Close, ("leave", "leave without a change"))),
    shown(bind(C::Editing, &[ctrl('u')], I::ClearLine, ("empty", "empty the line"))),
    shown(bind(C::Bulk, &[plain(K::Enter)], I::Submit, ("stage", "stage the rows that have no problem, as one step; nothing is written yet"))),
    shown(bind(C::Bulk, &[plain(K::Esc)], I::Close, ("leave", "leave without a change"))),
    shown(bind(C::Bulk, &[plain(K::Tab)], I::NextField, ("next", "go to the other line, or to the next suffix"))),
    shown(bind(C::Bulk, &[ctrl('n')], I::NextMatch, ("next problem", "go to the next row with a problem"))),
    shown(bind(C::Bulk, &[ctrl('u')], I::ClearLine, ("empty", "empty the line"))),
    bind(C::Bulk, &[plain(K::Up)], I::Up, ("up", "up in the preview")),
    bind(C::Bulk, &[plain(K::Down)], I::Down, ("down", "down in the preview")),
    bind(C::Bulk, &[plain(K::PageUp)], I::PageUp, ("page up", "ten rows up")),
    bind(C::Bulk, &[plain(K::PageDown)], I::PageDown, ("page down", "ten rows down")),
    shown(bind(C::Resolve, &[letter(' ')], I::Mark, ("keeps", "this entry keeps the value; the others give it up"))),
    shown(bind(C::Resolve, &[letter('r'), plain(K::Delete)], I::Remove, ("remove", "take the value away here"))),
    shown(bind(C::Resolve, &[letter('e')], I::Edit, ("edit", "give it another value here"))),
    shown(bind(C::Resolve, &[letter('x'), plain(K::Backspace)], I::Undecide, ("as it is", "leave it alone here"))),
    shown(bind(C::Resolve, &[plain(K::Enter)], I::Submit, ("stage", "stage all of this as one step; nothing is written yet"))),
    bind(C::Resolve, &[plain(K::Up), letter('k')], I::Up, ("up", "the one before")),
    bind(C::Resolve, &[plain(K::Down), letter('j')], I::Down, ("down", "next one")),
    shown(bind(C::Resolve, &[plain(K::Esc), letter('q')], I::Close, ("leave", "leave without a change"))),
    shown(bind(C::Prompt, &[plain(K::Enter)], I::Submit, ("go", "search or filter"))),
    shown(bind(C::Prompt, &[plain(K::Esc)], I::Close, ("leave", "leave without a change"))),
    shown(bind(C::Prompt, &[ctrl('u')], I::ClearLine, ("empty", "empty the line"))),
    shown(bind(C::Palette, &[plain(K::Enter)], I::Submit, ("run", "run the chosen action"))),
    bind(C::Palette, &[plain(K::Down), plain(K::Tab)], I::Down, ("down", "next action")),
    bind(C::Palette, &[plain(K::Up), plain(K::BackTab)], I::Up, ("up", "action before")),
    shown(bind(C::Palette, &[plain(K::Esc)], I::Close, ("leave", "leave without running anything"))),
    shown(bind(C::Menu, &[plain(K::Enter)], I::Submit, ("choose", "choose this"))),
    bind(C::Menu, &[plain(K::Down), plain(K::Tab), letter('j')], I::Down, ("down", "next one")),
    bind(C::Menu, &[plain(K::Up), plain(K::BackTab), letter('k')], I::Up, ("up", "the one before")),
    shown(bind(C::Menu, &[plain(K::Esc), letter('q')], I::Close, ("leave", "leave without choosing"))),
    shown(bind(C::Columns, &[plain(K::Enter)], I::Submit, ("take", "take these columns"))),
    shown(bind(C::Columns, &[letter(' ')], I::Toggle, ("show or hide", "show the column or hide it"))),
    shown(bind(C::Columns, &[letter('J'), shift(K::Down)], I::MarkDown, ("move down", "move the column to the right"))),
    shown(bind(C::Columns, &[letter('K'), shift(K::Up)], I::MarkUp, ("move up", "move the column to the left"))),
    shown(bind(C::Columns, &[letter('0')], I::Reset, ("reset", "all columns, order and widths as at first"))),
    bind(C::Columns, &[plain(K::Down), letter('j')], I::Down, ("down", "next column")),
    bind(C::Columns, &[plain(K::Up), letter('k')], I::Up, ("up", "column before")),
    shown(bind(C::Columns, &[plain(K::Esc), letter('q')], I::Close, ("leave", "leave without a change"))),
    shown(bind(C::Review, &[letter('a')], I::Arm, ("arm", "arm or disarm writing"))),
    shown(bind(C::Review, &[letter('w')], I::Write, ("write", "begin writing, after a last question"))),
    shown(bind(C::Review, &[letter('l')], I::Ldif, ("LDIF", "show the changes as LDIF, then the LDIF that takes them back, then as a diff"))),
    shown(bind(C::Apply, &[letter('c')], I::Cancel, ("stop", "stop after the entry that is being written"))),
    shown(bind(C::Result, &[letter('r')], I::Rollback, ("roll back", "take this transaction back, as a new one"))),
    shown(bind(C::History, &[plain(K::Enter)], I::Open, ("show", "show what the transaction changed"))),
    shown(bind(C::History, &[letter('r')], I::Rollback, ("roll back", "take the transaction back, as a new one"))),
    shown(bind(C::History, &[letter('R')], I::RollbackTo, ("down to here", "roll back everything from the newest down to this one, newest first"))),
    shown(bind(C::History, &[letter('f')], I::Recover, ("recover", "settle by reading what an unfinished transaction left open"))),
    shown(bind(C::Sessions, &[plain(K::Enter)], I::Open, ("continue", "continue with the session: stage again what was decided in it"))),
    shown(bind(C::Sessions, &[letter('D'), plain(K::Delete)], I::Remove, ("discard", "throw the session away, after a question"))),
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
    roomy(bind(C::Everywhere, &[letter('I')], I::Summary, ("summary", "what was found at a glance, and how ready the forest is"))),
    roomy(bind(C::Everywhere, &[letter('W')], I::Rules, ("rules", "what is judged and why, and how many findings break each rule"))),
    roomy(bind(C::Everywhere, &[letter('X')], I::Exceptions, ("accepted", "exceptions: what is accepted as it is; from there take it back"))),
    roomy(bind(C::Everywhere, &[letter('H')], I::History, ("history", "all transactions; from there roll back and recover"))),
    bind(C::Everywhere, &[plain(K::F(3))], I::Sessions, ("sessions", "what was decided in other runs and not written; continue or discard it")),
    bind(C::Everywhere, &[letter('L')], I::Log, ("operations", "every LDAP operation, as it was sent")),
    bind(C::Everywhere, &[plain(K::F(8))], I::Mouse, ("mouse", "switch the mouse on or off: click moves, a title sorts, the wheel scrolls")),
    bind(C::Everywhere, &[plain(K::F(9))], I::Colours, ("colours", "the next set of colours: for any, dark or light backgrounds, or none")),
    roomy(bind(C::Everywhere, &[letter(':')], I::Palette, ("actions", "find an action by its name"))),
    shown(bind(C::Everywhere, &[letter('q')], I::Close, ("close", "close this layer; on the last one leave, and ask if work is staged"))),
    bind(C::Everywhere, &[plain(K::Esc)], I::Back, ("back", "close this layer, or give up a range or a search; never leaves")),
    shown(bind(C::Everywhere, &[letter('?'), plain(K::F(1))], I::Help, ("help", "show these keys"))),
    bind(C::Everywhere, &[ctrl('c')], I::Interrupt, ("stop or quit", "stop what is running; else quit, and ask if work is staged")),
];
