//! Runs a check of a copy beside other work on the copy.

use std::any::Any;
use std::thread;

use crate::error::{Error, Result};

/// Runs `check` on a new thread and `work` on this one at the same time. A panic of `check` is an error.
pub(super) fn run_both<A: Send, B>(
    check: impl FnOnce() -> Result<A> + Send,
    work: impl FnOnce() -> Result<B>,
) -> (Result<A>, Result<B>) {
    thread::scope(|scope| {
        let check = scope.spawn(check);
        let worked = work();
        let checked = check.join().unwrap_or_else(|panic| {
            Err(Error::new("check the copy")
                .with_source(format!("the check panicked: {}", text_of(&*panic))))
        });
        (checked, worked)
    })
}

/// The message of a panic. `panic!` makes a `String` if it formats arguments, else a `&str`.
fn text_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_panicked_check_has_the_text_of_the_panic() {
        let (checked, worked) = run_both::<(), _>(|| panic!("page {} is odd", 7), || Ok(1));

        assert_eq!(
            checked.unwrap_err().one_line(),
            "could not check the copy: the check panicked: page 7 is odd"
        );
        assert_eq!(worked.unwrap(), 1);
    }
}
