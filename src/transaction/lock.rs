//! skeleton: one writer a state directory
