//! An output in `format!`: there is nothing to show before the resource exists.
use groundplan::resources::s3;
use groundplan::{App, Environment};

fn main() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("us-east-1"));
    let bucket = stack.add("media", s3::Bucket::new());
    format!("arn:aws:s3:::{}", bucket.bucket_name());
}
