//! Changes the mode of the terminal for a time.

/// A mode of the terminal. On drop, the mode before it is set again.
pub(super) struct Mode {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl Mode {
    /// The terminal does not show typed characters.
    pub(super) fn without_echo() -> Self {
        use rustix::termios::LocalModes;

        Self::change(|mode| {
            mode.local_modes
                .remove(LocalModes::ECHO | LocalModes::ECHONL);
        })
    }

    /// The terminal passes on each key at once and does not show it, and Ctrl-C is a key.
    ///
    /// `console` sets this mode only while it waits for a key. A character that arrives between two keys would be shown.
    pub(super) fn raw() -> Self {
        Self::change(|mode| {
            let output = mode.output_modes;
            mode.make_raw();
            mode.output_modes = output;
        })
    }

    fn change(change: impl FnOnce(&mut rustix::termios::Termios)) -> Self {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

        let stdin = rustix::stdio::stdin();
        let before = tcgetattr(stdin).ok();
        if let Some(mut mode) = before.clone() {
            change(&mut mode);
            // Ignore the error: `console` sets the mode again for each key.
            let _ = tcsetattr(stdin, OptionalActions::Drain, &mode);
        }
        Self { before }
    }
}

#[cfg(unix)]
impl Drop for Mode {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};

        if let Some(before) = &self.before {
            // Ignore the error: the terminal may be closed.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, before);
        }
    }
}

#[cfg(not(unix))]
impl Mode {
    /// The console of Windows shows typed characters only while a line is read.
    pub(super) fn without_echo() -> Self {
        Self {}
    }

    /// `console` reads single keys without a mode.
    pub(super) fn raw() -> Self {
        Self {}
    }
}
