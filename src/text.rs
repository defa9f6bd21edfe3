//! skeleton: text from a directory made safe for a terminal
