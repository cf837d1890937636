#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| litexa_deploy_aws_fuzz::targets::project_credentials::check(bytes));
