#![no_main]
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|text: &[u8]| -> Corpus { tornsnap_fuzz::answer(tornsnap_fuzz::readers::key, text) });
