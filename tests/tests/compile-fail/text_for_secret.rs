//! A password in the program.
use groundplan::resources::rds;

fn main() {
    rds::DbInstance::new().master_user_password("hunter2");
}
