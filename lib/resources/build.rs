//! Generates the modules of the services; `generate/mod.rs` describes them.

#[path = "generate/mod.rs"]
mod generate;

use std::path::Path;
use std::{env, fs};

/// Lints that names and required properties of some AWS services violate.
const LINTS: &str = "#[allow(clippy::module_inception, clippy::new_without_default, clippy::should_implement_trait, \
    clippy::too_many_arguments, clippy::type_complexity, clippy::wrong_self_convention, reason = \"AWS's names\")]";

fn main() {
    let folder = env::var("OUT_DIR").expect("cargo sets it");
    let mut list = String::new();
    for (service, code) in generate::services(enabled) {
        let file = Path::new(&folder).join(format!("{service}.rs"));
        write(&file, &code);
        list.push_str(&format!("{LINTS}\n#[path = {file:?}]\npub mod {service};\n"));
    }
    write(&Path::new(&folder).join("services.rs"), &list);
    emit("cargo::rerun-if-changed=build.rs");
    emit("cargo::rerun-if-changed=generate");
}

fn enabled(service: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{}", service.to_uppercase())).is_some()
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("the build's folder can be written");
}

fn emit(instruction: &str) {
    println!("{instruction}");
}
