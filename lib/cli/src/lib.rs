//! The command line of every app.
