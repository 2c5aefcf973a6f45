//! A template with fewer arguments than holes.
use groundplan::template;

fn main() {
    template!("arn:aws:s3:::{}/{}", "media");
}
