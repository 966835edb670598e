//! Builds again when a migration is added, which the `migrate!` macro alone does not notice.

fn main() {
    println!("cargo:rerun-if-changed=../../../migrations/sqlite/views");
}
