//! Words and assets are built in from their folders, and a compiler is only told of the files that were there: without this, a
//! warm build would not see a new one.

fn main() {
    for folder in ["locales", "assets", "vendor"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
