#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| litexa_deploy_aws_fuzz::targets::log_events::check(bytes));
