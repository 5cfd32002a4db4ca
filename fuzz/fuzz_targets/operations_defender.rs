//! Applications to the defender programme, as files and as a page sends them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(ladder) = operations::defender::Ladder::shipped() else { return };
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(form) = operations::defender::parse_form(text, &ladder)
    {
        let again = operations::defender::written(&form);
        assert_eq!(operations::defender::parse_form(&again, &ladder), Ok(form));
    }
    let _ = operations::defender::form_from_page(data, &ladder);
});
