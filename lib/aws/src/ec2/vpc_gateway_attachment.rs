//! `AWS::EC2::VPCGatewayAttachment`

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{filter, holders, state};
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted};

/// The name of an internet gateway's attachment in Cloud Control.
const INTERNET: &str = "IGW";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct VpcGatewayAttachment {
    internet_gateway_id: String,
    vpc_id: String,
}

impl Handler for VpcGatewayAttachment {
    const TYPE: &'static str = "AWS::EC2::VPCGatewayAttachment";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        attach(cx, &self.internet_gateway_id, &self.vpc_id).await?;
        let outputs = json!({"AttachmentType": INTERNET, "VpcId": self.vpc_id});
        Ok(accepted(format!("{INTERNET}|{}", self.vpc_id), outputs))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, _id: &str) -> Result<()> {
        let Some(old) = changes.old else { return Ok(()) };
        if let Some(gateway) = changes.after_create(|attachment| &attachment.internet_gateway_id) {
            // An earlier attempt, whose answer was lost, may have come as far as this.
            if attached(cx, &old.vpc_id).await.or_none()?.is_some_and(|(live, _)| live == *gateway) {
                return Ok(());
            }
            detach(cx, &old.internet_gateway_id, &old.vpc_id).await.or_none()?;
            attach(cx, gateway, &changes.new.vpc_id).await?;
        }
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let [kind, vpc] = known.parts()?;
        if kind != INTERNET {
            return Err(Error::invalid(format!(
                "an attachment of type {kind} is not supported; supported is {INTERNET}"
            )));
        }
        let (gateway, readiness) = attached(cx, vpc).await?;
        let properties = Self { internet_gateway_id: gateway, vpc_id: vpc.to_owned() };
        Ok(Found::ready(properties, json!({"AttachmentType": INTERNET, "VpcId": vpc})).is(readiness))
    }

    /// The identifier names the VPC alone, to which somebody may have attached another gateway since.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let [_, vpc] = known.parts()?;
        detach(cx, &known.last.internet_gateway_id, vpc).await?;
        Ok(Deletion::Gone)
    }

    /// An internet gateway stays as long as something in its VPC has a public address.
    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let [_, vpc] = known.parts()?;
        holders::public_interfaces(cx, vpc).await
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let found = attached(cx, &self.vpc_id).await.or_none()?;
        let ours = found.filter(|(gateway, _)| *gateway == self.internet_gateway_id);
        Ok(ours.map(|_| format!("{INTERNET}|{}", self.vpc_id)).into_iter().collect())
    }
}

async fn attach(cx: &Context, gateway: &str, vpc: &str) -> Result<()> {
    cx.ec2.attach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc).send().await?;
    Ok(())
}

async fn detach(cx: &Context, gateway: &str, vpc: &str) -> Result<()> {
    cx.ec2.detach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc).send().await?;
    Ok(())
}

/// The internet gateway of a VPC, which has one at most. EC2 says `available` where others say
/// `attached`.
async fn attached(cx: &Context, vpc: &str) -> Result<(String, Readiness)> {
    let filters = filter(("attachment.vpc-id", vpc));
    let described = cx.ec2.describe_internet_gateways().filters(filters).send().await?;
    for gateway in described.internet_gateways.unwrap_or_default() {
        let attachment = gateway.attachments().iter().find(|attachment| attachment.vpc_id() == Some(vpc));
        let Some(attachment) = attachment else { continue };
        let readiness = match state(attachment.state()) {
            "available" | "attached" => Readiness::Ready,
            other => Readiness::Pending(other.to_owned()),
        };
        return Ok((gateway.internet_gateway_id.unwrap_or_default(), readiness));
    }
    Err(Error::not_found(format_args!("the internet gateway of {vpc}")))
}
