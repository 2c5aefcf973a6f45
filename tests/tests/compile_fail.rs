//! Checks that invalid programs do not compile, and the compiler's messages. One file below `compile-fail/` for each
//! case, with the message beside it.

#[test]
fn what_makes_no_sense_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
