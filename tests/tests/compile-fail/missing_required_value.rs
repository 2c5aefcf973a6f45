use groundplan::resources::ecs;

fn main() {
    // A container needs an image, too.
    ecs::task_definition::ContainerDefinition::new(ecs::task_definition::ContainerDefinitionArgs { name: "api" });
}
