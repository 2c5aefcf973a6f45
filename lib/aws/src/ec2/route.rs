//! `AWS::EC2::Route`

use aws_sdk_ec2::operation::create_route::CreateRouteError;
use aws_sdk_ec2::operation::replace_route::ReplaceRouteError;
use aws_sdk_ec2::types::Route as Live;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{declared_block, normal_block};
use crate::error::{Error, Meaning, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, single};

/// One destination, one target. EC2 keeps Gateway Load Balancer endpoints under `GatewayId`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Route {
    destination_cidr_block: Option<String>,
    destination_ipv6_cidr_block: Option<String>,
    destination_prefix_list_id: Option<String>,
    egress_only_internet_gateway_id: Option<String>,
    gateway_id: Option<String>,
    nat_gateway_id: Option<String>,
    network_interface_id: Option<String>,
    route_table_id: String,
    transit_gateway_id: Option<String>,
    vpc_endpoint_id: Option<String>,
    vpc_peering_connection_id: Option<String>,
}

impl Route {
    fn destination(&self) -> Option<&str> {
        let destinations =
            [&self.destination_cidr_block, &self.destination_ipv6_cidr_block, &self.destination_prefix_list_id];
        destinations.into_iter().find_map(|destination| destination.as_deref())
    }
}

impl Handler for Route {
    const TYPE: &'static str = "AWS::EC2::Route";

    const ERRORS: &'static [Meaning] = &[
        // `route table rtb-1 and network gateway igw-1 belong to different networks`: the gateway has just
        // been attached.
        Meaning::of::<CreateRouteError>(
            "InvalidParameterValue",
            "belong to different networks",
            ErrorClass::Propagating,
        ),
        Meaning::of::<ReplaceRouteError>(
            "InvalidParameterValue",
            "belong to different networks",
            ErrorClass::Propagating,
        ),
    ];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let id = self.identifier(cx).ok_or_else(|| Error::invalid("a route needs a destination"))?;
        cx.ec2
            .create_route()
            .route_table_id(&self.route_table_id)
            .set_destination_cidr_block(self.destination_cidr_block.clone())
            .set_destination_ipv6_cidr_block(self.destination_ipv6_cidr_block.clone())
            .set_destination_prefix_list_id(self.destination_prefix_list_id.clone())
            .set_egress_only_internet_gateway_id(self.egress_only_internet_gateway_id.clone())
            .set_gateway_id(self.gateway_id.clone())
            .set_nat_gateway_id(self.nat_gateway_id.clone())
            .set_network_interface_id(self.network_interface_id.clone())
            .set_transit_gateway_id(self.transit_gateway_id.clone())
            .set_vpc_endpoint_id(self.vpc_endpoint_id.clone())
            .set_vpc_peering_connection_id(self.vpc_peering_connection_id.clone())
            .send()
            .await?;
        Ok(accepted(id, json!({"RouteTableId": self.route_table_id, "CidrBlock": self.destination()})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, _id: &str) -> Result<()> {
        if changes.old.is_none() {
            return Ok(());
        }
        let new = changes.new;
        cx.ec2
            .replace_route()
            .route_table_id(&new.route_table_id)
            .set_destination_cidr_block(new.destination_cidr_block.as_deref().map(normal_block))
            .set_destination_ipv6_cidr_block(new.destination_ipv6_cidr_block.as_deref().map(normal_block))
            .set_destination_prefix_list_id(new.destination_prefix_list_id.clone())
            .set_egress_only_internet_gateway_id(new.egress_only_internet_gateway_id.clone())
            .set_gateway_id(new.gateway_id.clone())
            .set_nat_gateway_id(new.nat_gateway_id.clone())
            .set_network_interface_id(new.network_interface_id.clone())
            .set_transit_gateway_id(new.transit_gateway_id.clone())
            .set_vpc_endpoint_id(new.vpc_endpoint_id.clone())
            .set_vpc_peering_connection_id(new.vpc_peering_connection_id.clone())
            .send()
            .await?;
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let [table, destination] = known.parts()?;
        let described = cx.ec2.describe_route_tables().route_table_ids(table).send().await?;
        let routes = single(described.route_tables, table)?.routes.unwrap_or_default();
        let mut routes = routes.into_iter().filter(|route| {
            destinations(route).into_iter().flatten().any(|live| normal_block(live) == normal_block(destination))
        });
        let route = routes.next().ok_or_else(|| Error::not_found(format_args!("the route to {destination}")))?;
        // What is `VpcEndpointId` in a request is `GatewayId` in an answer.
        let (vpc_endpoint_id, gateway_id) = route
            .gateway_id
            .map_or((None, None), |id| if id.starts_with("vpce-") { (Some(id), None) } else { (None, Some(id)) });
        let properties = Self {
            destination_cidr_block: declared_block(Some(destination), route.destination_cidr_block),
            destination_ipv6_cidr_block: declared_block(Some(destination), route.destination_ipv6_cidr_block),
            destination_prefix_list_id: route.destination_prefix_list_id,
            egress_only_internet_gateway_id: route.egress_only_internet_gateway_id,
            gateway_id,
            nat_gateway_id: route.nat_gateway_id,
            network_interface_id: route.network_interface_id,
            route_table_id: table.to_owned(),
            transit_gateway_id: route.transit_gateway_id,
            vpc_endpoint_id,
            vpc_peering_connection_id: route.vpc_peering_connection_id,
        };
        Ok(Found::ready(properties, json!({"RouteTableId": table, "CidrBlock": destination})))
    }

    /// The block has to be exactly that of the route, which EC2 has brought to its normal form.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let [table, destination] = known.parts()?;
        let call = cx.ec2.delete_route().route_table_id(table);
        let call = match destination {
            list if list.starts_with("pl-") => call.destination_prefix_list_id(list),
            block if block.contains(':') => call.destination_ipv6_cidr_block(normal_block(block)),
            block => call.destination_cidr_block(normal_block(block)),
        };
        call.send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        Some(format!("{}|{}", self.route_table_id, self.destination()?))
    }
}

fn destinations(route: &Live) -> [Option<&str>; 3] {
    [route.destination_cidr_block(), route.destination_ipv6_cidr_block(), route.destination_prefix_list_id()]
}
