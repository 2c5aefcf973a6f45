//! A graph of any size, in ten layers.

use groundplan::resources::sns::{Topic, TopicName};
use groundplan::{App, Environment, Output, template};

/// The number of layers, regardless of the number of resources.
const LAYERS: usize = 10;

/// An app of so many `resources`, each of which uses the names of two of the layer before: values that the cloud
/// generates. `mark` is a text in the value of the first one, which no resource uses.
pub(crate) fn layered(resources: usize, mark: &str) -> App {
    let app = App::new("layered");
    let stack = app.stack("graph", Environment::new("eu-west-1"));
    let width = resources.div_ceil(LAYERS);
    let mut names: Vec<Output<TopicName>> = Vec::new();
    for number in 0..resources {
        let text = number.to_string();
        let value = match number.checked_sub(width) {
            None if number == 0 => template!("{} {}", text, mark),
            None => template!("{}", text),
            Some(above) => {
                let beside = above - above % width + (above + 1) % width;
                template!("{} {} {}", text, &names[above], &names[beside])
            }
        };
        let topic = stack.add(&format!("r{number}"), Topic::new().display_name(value));
        names.push(topic.topic_name());
    }
    if let Some(last) = names.last() {
        stack.export("last", last);
    }
    app
}
