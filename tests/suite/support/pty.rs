//! Commands on a pseudo-terminal.

use std::io::{Read as _, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::signal_process;

/// How long to wait for the program.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keys as a terminal sends them.
pub const CTRL_C: &str = "\u{3}";
pub const CTRL_D: &str = "\u{4}";
pub const DOWN: &str = "\u{1b}[B";
pub const UP: &str = "\u{1b}[A";
pub const ENTER: &str = "\r";

/// A run of the program on a pseudo-terminal.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    /// How much of [`Pty::text`] was expected already.
    position: usize,
}

impl Pty {
    /// Starts the command on a terminal with this number of columns.
    pub fn start(command: &Command, columns: u16) -> Self {
        Self::with_size(command, 50, columns)
    }

    fn with_size(command: &Command, rows: u16, columns: u16) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.cwd(command.get_current_dir().unwrap());
        builder.env_clear();
        builder.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                builder.env(name, value);
            }
        }
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let mut from_program = pair.master.try_clone_reader().unwrap();
        let output = Arc::new(Mutex::new(Vec::new()));
        let collected = Arc::clone(&output);
        let reader = thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = from_program.read(&mut chunk) {
                collected.lock().unwrap().extend_from_slice(&chunk[..count]);
            }
        });
        Self {
            child,
            writer: pair.master.take_writer().unwrap(),
            master: pair.master,
            output,
            reader: Some(reader),
            position: 0,
        }
    }

    /// Everything that was written so far, with control sequences.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap()).into_owned()
    }

    /// Everything that was written so far, without control sequences and with single blanks, so that it does not depend
    /// on the width of the terminal.
    pub fn text(&self) -> String {
        let plain = without_control_sequences(&self.raw());
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits until the program has written this text, after what was expected before.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        let at = self.wait_for(text, |pty| {
            pty.text()
                .get(pty.position..)
                .and_then(|rest| rest.find(text))
        });
        self.position += at + text.len();
    }

    /// Waits until the function finds in what was written what it looks for.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, find: impl Fn(&Self) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = find(self) {
                return found;
            }
            assert!(Instant::now() < end, "no {what:?} in:\n{}", self.raw());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types this text.
    pub fn send(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits for a question, and types the answer and Enter.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.expect(question);
        self.send(&format!("{answer}{ENTER}"));
    }

    /// Sends a signal, such as `HUP`, which the kernel sends when the terminal is closed.
    pub fn signal(&self, name: &str) {
        signal_process(self.child.process_id().unwrap(), name);
    }

    /// Whether the terminal shows what is typed.
    pub fn shows_typing(&self) -> bool {
        const ECHO: u32 = 8;
        let mode = self.master.get_termios().unwrap();
        mode.local_flags.bits() & ECHO != 0
    }

    /// Waits for the end. Returns the exit code.
    #[track_caller]
    pub fn wait(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                if let Some(reader) = self.reader.take() {
                    // The output ends when the last process has closed the terminal.
                    reader.join().unwrap();
                }
                return status.exit_code();
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.raw());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn expect_exit(&mut self, code: u32) {
        let found = self.wait();
        assert_eq!(found, code, "\n{}", self.raw());
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It has ended already, unless an assertion failed.
        let _ = self.child.kill();
    }
}

/// Runs the command to its end on a terminal of this width that does not know its number of rows, as some terminals do.
/// Returns the exit code and the output without carriage returns.
pub fn run(command: &Command, columns: u16) -> (u32, String) {
    let mut pty = Pty::with_size(command, 0, columns);
    let code = pty.wait();
    (code, pty.raw().replace('\r', ""))
}

/// Removes `ESC [ … letter` and carriage returns.
fn without_control_sequences(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                characters.find(|next| next.is_ascii_alphabetic() || *next == '~');
            }
            '\r' => {}
            other => plain.push(other),
        }
    }
    plain
}
