//! The pages for users: `src/docs/*.md`, one a topic. The README of the repository leads to them.
//!
//! - Use it: [getting started](getting_started), [fetch], [month], [copies], [views], [export],
//!   [lake], [import], [health]
//! - Run it: [schedules], [configuration], [exit codes](exit_codes), [in the shell](shell), [security], [performance]
//! - When something is wrong: [troubleshooting], [upgrading], [uninstalling]
//!
//! `tests/suite/readme.rs` holds the pages against the program.

/// Makes a module of each page.
///
/// The links of a page are references, and their targets at its end are files, as a forge needs them. Here they have to be
/// modules. The first definition of a reference counts, so these come before the page.
macro_rules! pages {
    ($($name:ident = $file:literal;)*) => {$(
        #[doc = include_str!("links.md")]
        #[doc = include_str!($file)]
        pub mod $name {}
    )*};
}

pages! {
    getting_started = "getting-started.md";
    fetch = "fetch.md";
    month = "month.md";
    copies = "copies.md";
    views = "views.md";
    export = "export.md";
    lake = "lake.md";
    import = "import.md";
    health = "health.md";
    schedules = "schedules.md";
    configuration = "configuration.md";
    exit_codes = "exit-codes.md";
    shell = "shell.md";
    security = "security.md";
    performance = "performance.md";
    troubleshooting = "troubleshooting.md";
    upgrading = "upgrading.md";
    uninstalling = "uninstalling.md";
}
