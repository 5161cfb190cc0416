//! The width of terminals.

/// The width of the terminal behind stdout; `None` if it is unknown or stdout is not a terminal.
pub(crate) fn width() -> Option<u16> {
    #[cfg(unix)]
    let columns = columns_of(rustix::stdio::stdout());
    #[cfg(not(unix))]
    let columns = columns_of(&console::Term::stdout());
    columns
}

/// The width of the terminal behind stderr; `None` if it is unknown or stderr is not a terminal.
pub(crate) fn message_width() -> Option<u16> {
    #[cfg(unix)]
    let columns = columns_of(rustix::stdio::stderr());
    #[cfg(not(unix))]
    let columns = columns_of(&console::Term::stderr());
    columns
}

/// Unlike `console`, this also gives the width of a terminal that does not know its number of rows.
#[cfg(unix)]
fn columns_of(terminal: std::os::fd::BorrowedFd<'_>) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    Some(size.ws_col).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn columns_of(terminal: &console::Term) -> Option<u16> {
    terminal
        .size_checked()
        .map(|(_, columns)| columns)
        .filter(|columns| *columns > 0)
}

/// The width of the terminal on which the help is read, also if stdout goes to a pager; `None` if there is no terminal.
pub(crate) fn help_width() -> Option<u16> {
    width().or_else(message_width)
}
