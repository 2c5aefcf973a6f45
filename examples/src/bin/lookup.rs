//! Existing resources: the shared VPC of another team, found by its tag, and images that AWS publishes. An answer stays
//! in the state, so that a new machine image replaces no instance until `deploy --refresh` looks it up again.

use std::process::ExitCode;

use groundplan::lookup::{Architecture, Image, Lookup};
use groundplan::network::{NatGateways, Port, SecurityGroup, Vpc};
use groundplan::resources::ec2;
use groundplan::{App, Environment, cidr};

/// The other team's program. In the sandbox it is deployed first; on AWS its team deploys it.
fn network() -> App {
    let app = App::new("network");
    let stack = app.stack("network", Environment::new("eu-central-1"));
    stack.tag("network", "shared");
    stack.add("vpc", Vpc::new(cidr!("10.20.0.0/16")).nat(NatGateways::None));
    app
}

fn app() -> App {
    let app = App::new("lookup");
    app.upstream(network());
    let stack = app.stack("origin", Environment::new("eu-central-1"));

    let shared = stack.add("shared", Lookup::vpc().tag("network", "shared"));
    let image = stack.add("image", Lookup::image(Image::amazon_linux_2023(Architecture::Arm64)));
    let cloudfront = stack.add("cloudfront", Lookup::prefix_list("com.amazonaws.global.cloudfront.origin-facing"));

    let group = stack.add("group", SecurityGroup::new(&shared, "Origin"));
    group.allow_from(&cloudfront, Port::HTTPS);
    let origin = ec2::Instance::new()
        .image_id(&image)
        .instance_type("t4g.small")
        .subnet_id(shared.private_subnet_id(0))
        .security_group_ids([group.id()]);
    stack.add("origin", origin);

    stack.export("image", image);
    app
}

fn main() -> ExitCode {
    groundplan_cli::run(&app())
}

#[cfg(test)]
mod tests {
    use groundplan::lookup::VpcAnswer;
    use groundplan_testing::Cloud;

    use super::*;

    #[test]
    fn the_origin_is_in_the_vpc_of_the_network_team() {
        let cloud = Cloud::new();
        let network = cloud.deploy(&network());
        let origin = cloud.deploy(&app());
        let vpc = network.resource("network/vpc").id.as_str();
        assert_eq!(origin.resource("origin/group").properties["VpcId"].as_str(), Some(vpc));
        let subnet = origin.resource("origin/origin").properties["SubnetId"].clone();
        let private = network.resource("network/vpc/private-a");
        assert_eq!(subnet.as_str(), Some(private.id.as_str()));
    }

    #[test]
    fn a_new_image_replaces_nothing_by_itself() {
        let image = || Lookup::image(Image::amazon_linux_2023(Architecture::Arm64));
        let vpc = VpcAnswer::new("vpc-0a1b2c3d").private_subnets(["subnet-0a1b2c3d"]);
        let cloud = Cloud::new().answers(Lookup::vpc().tag("network", "shared"), vpc).answers(image(), "ami-1");
        assert_eq!(cloud.deploy(&app()).output("image"), "ami-1");
        let cloud = cloud.answers(image(), "ami-2");
        assert!(cloud.plan(&app()).is_empty());
    }
}
