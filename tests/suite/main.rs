//! The one integration binary: real processes, real sockets, real files.

mod sim;
