//! idmend finds and mends what would break synchronisation of Active Directory
//! to Microsoft Entra ID.

pub mod cli;
pub mod config;
pub mod directory;
pub mod exception;
pub mod kept;
pub mod model;
pub mod report;
pub mod rule;
pub mod scan;
pub mod session;
pub mod store;
mod system;
pub mod text;
pub mod transaction;
pub mod tui;
pub mod worksheet;
