//! The subnet layout of a VPC: a pure function of its block, zones and tiers.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

/// The number of zones that a tier reserves room for, so that adding a zone later moves no subnet.
/// No AWS region offers a customer more than six zones, and production uses at most four.
const RESERVED_ZONES: u8 = 4;

/// The number of /64 subnets in the IPv6 block of a VPC, which is a /56.
const IPV6_SUBNETS: u32 = 256;

/// The number of /64 subnets reserved for a tier whose IPv4 subnets are too small to determine distinct ones.
const IPV6_SUBNETS_PER_TIER: u32 = 16;

/// The prefix lengths of subnets that AWS accepts.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
const SUBNET_PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;

/// The reachability of a subnet from the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Routed to the internet gateway, for load balancers and bastions.
    Public,
    /// Routed to a NAT gateway, for workloads and data.
    Private,
}

impl Visibility {
    /// Returns `public` or `private`, the prefix of subnet names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

/// A group of subnets with the same visibility, one per zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    name: String,
    visibility: Visibility,
    blocks: Blocks,
}

#[derive(Clone, Debug, PartialEq)]
enum Blocks {
    /// The prefix length. The layout places the subnets in the block of the VPC.
    Sized(u8),
    /// The blocks of the subnets, in the order of the zones.
    Fixed(Vec<Ipv4Net>),
}

impl Tier {
    /// Creates a tier with one subnet of prefix length `prefix` per zone. The layout places the subnets.
    pub fn sized(visibility: Visibility, prefix: u8) -> Self {
        Self { name: visibility.name().to_owned(), visibility, blocks: Blocks::Sized(prefix) }
    }

    /// Creates a tier with exactly these subnets, one per zone, in the order of the zones. Use it for existing
    /// networks and for networks with their own numbering plan.
    pub fn fixed(visibility: Visibility, blocks: impl Into<Vec<Ipv4Net>>) -> Self {
        Self { name: visibility.name().to_owned(), visibility, blocks: Blocks::Fixed(blocks.into()) }
    }

    /// Sets the name of the tier. The subnets of a tier named `data` are `data-a` and so on. A second tier with
    /// the same visibility needs a name. Default: the name of the visibility.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }
}

/// The tiers of a VPC.
///
/// Placement is stable: tiers are placed in order, and each tier reserves room for four zones. Neither an
/// additional zone nor a tier added at the end moves an existing subnet.
#[derive(Clone, Debug, PartialEq)]
pub struct SubnetLayout {
    tiers: Vec<Tier>,
}

/// A subnet of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSubnet {
    /// The name: the tier and the letter of the zone, such as `private-a`.
    pub name: String,
    /// The visibility.
    pub visibility: Visibility,
    /// The availability zone, such as `us-east-1a`.
    pub zone: String,
    /// The IPv4 block.
    pub block: Ipv4Net,
    /// The index of the subnet's /64 in the IPv6 block of the VPC, if the VPC has one. The index follows from the
    /// position of the IPv4 block in the block of the VPC. A subnet with another IPv4 block therefore also has
    /// another IPv6 block, and can be created while the old subnet exists.
    pub ipv6_index: u32,
}

/// The reason why a layout does not fit a VPC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A fixed block is outside of the block of the VPC.
    #[error("the subnet {block} is outside of the block {vpc} of the VPC")]
    Outside {
        /// The block of the subnet.
        block: Ipv4Net,
        /// The block of the VPC.
        vpc: Ipv4Net,
    },
    /// Two blocks overlap.
    #[error("the subnets {first} and {second} overlap")]
    Overlap {
        /// The block that was placed first.
        first: Ipv4Net,
        /// The block that overlaps it.
        second: Ipv4Net,
    },
    /// The block of the VPC has no room left for a tier.
    #[error("{vpc} has no room left for {RESERVED_ZONES} subnets of /{prefix}")]
    NoRoom {
        /// The block of the VPC.
        vpc: Ipv4Net,
        /// The prefix length of the subnets in the tier.
        prefix: u8,
    },
    /// AWS does not accept subnets of this size.
    #[error("AWS does not accept a subnet of /{0}, but /16 to /28")]
    Size(u8),
    /// The number of fixed blocks of a tier differs from the number of zones.
    #[error("{blocks} subnets are stated for {zones} zones")]
    Count {
        /// The number of blocks.
        blocks: usize,
        /// The number of zones.
        zones: usize,
    },
    /// The VPC has more zones than a tier has room for.
    #[error("a layout has room for {RESERVED_ZONES} zones, not {0}: state the blocks with `Tier::fixed`")]
    Zones(usize),
    /// The IPv6 block of the VPC has no room left for a tier.
    #[error("the IPv6 block of the VPC has no room left for the subnets of the tier `{0}`")]
    NoIpv6Room(String),
    /// A zone is listed twice.
    #[error("the zone {0} is listed twice")]
    RepeatedZone(String),
}

impl Default for SubnetLayout {
    /// Returns large private subnets (/19) followed by small public subnets (/22), which fit a /16.
    fn default() -> Self {
        Self::new([Tier::sized(Visibility::Private, 19), Tier::sized(Visibility::Public, 22)])
    }
}

impl SubnetLayout {
    /// Creates a layout that places these tiers in order.
    pub fn new(tiers: impl Into<Vec<Tier>>) -> Self {
        Self { tiers: tiers.into() }
    }

    /// Places every tier in `vpc`, with one subnet per zone of `zones`.
    ///
    /// # Errors
    /// If a block is outside of `vpc`, overlaps another block, does not fit, or has a size that AWS does not
    /// accept; if the number of blocks or zones is wrong; or if a zone is repeated.
    pub fn place(&self, vpc: Ipv4Net, zones: &[String]) -> Result<Vec<PlannedSubnet>, LayoutError> {
        if let Some(position) = (1..zones.len()).find(|&position| zones[..position].contains(&zones[position])) {
            return Err(LayoutError::RepeatedZone(zones[position].clone()));
        }
        let mut taken: Vec<Ipv4Net> = Vec::new();
        let mut planned = Vec::new();
        let mut ipv6_taken = BTreeSet::new();
        for tier in &self.tiers {
            let (blocks, reserved) = match &tier.blocks {
                Blocks::Fixed(blocks) => (check_fixed(vpc, blocks, zones.len())?, blocks.clone()),
                Blocks::Sized(_) if zones.len() > usize::from(RESERVED_ZONES) => {
                    return Err(LayoutError::Zones(zones.len()));
                }
                Blocks::Sized(prefix) => cut(vpc, *prefix, &taken)?,
            };
            let ipv6 =
                ipv6_subnets(vpc, &blocks, &ipv6_taken).ok_or_else(|| LayoutError::NoIpv6Room(tier.name.clone()))?;
            ipv6_taken.extend(ipv6.clone());
            for block in reserved {
                if let Some(first) = taken.iter().find(|first| overlap(first, &block)) {
                    return Err(LayoutError::Overlap { first: *first, second: block });
                }
                taken.push(block);
            }
            planned.extend(zones.iter().zip(blocks).zip(ipv6).map(|((zone, block), ipv6_index)| PlannedSubnet {
                name: format!("{}-{}", tier.name, zone_letter(zone)),
                visibility: tier.visibility,
                zone: zone.clone(),
                block,
                ipv6_index,
            }));
        }
        Ok(planned)
    }
}

fn check_fixed(vpc: Ipv4Net, blocks: &[Ipv4Net], zones: usize) -> Result<Vec<Ipv4Net>, LayoutError> {
    if blocks.len() != zones {
        return Err(LayoutError::Count { blocks: blocks.len(), zones });
    }
    for block in blocks {
        if !SUBNET_PREFIXES.contains(&block.prefix_len()) {
            return Err(LayoutError::Size(block.prefix_len()));
        }
        if !vpc.contains(block) {
            return Err(LayoutError::Outside { block: *block, vpc });
        }
    }
    Ok(blocks.to_vec())
}

/// Returns the subnets that a tier has room for, and the first free block that contains them.
fn cut(vpc: Ipv4Net, prefix: u8, taken: &[Ipv4Net]) -> Result<(Vec<Ipv4Net>, Vec<Ipv4Net>), LayoutError> {
    if !SUBNET_PREFIXES.contains(&prefix) {
        return Err(LayoutError::Size(prefix));
    }
    let no_room = LayoutError::NoRoom { vpc, prefix };
    let reserved = prefix - RESERVED_ZONES.ilog2() as u8;
    let candidates = vpc.subnets(reserved).map_err(|_| no_room.clone())?;
    let block = candidates.into_iter().find(|block| taken.iter().all(|other| !overlap(other, block)));
    let block = block.ok_or(no_room)?;
    let subnets = block.subnets(prefix).map_err(|_| LayoutError::Size(prefix))?;
    Ok((subnets.collect(), vec![block]))
}

/// Returns the index of the IPv6 /64 of each subnet of a tier, or `None` if too few are left. A subnet of at
/// least a 256th of the VPC has the /64 at its own position, unless that is taken.
fn ipv6_subnets(vpc: Ipv4Net, blocks: &[Ipv4Net], taken: &BTreeSet<u32>) -> Option<Vec<u32>> {
    let granularity = 24u8.saturating_sub(vpc.prefix_len());
    let by_address = |block: &Ipv4Net| (u32::from(block.network()) - u32::from(vpc.network())) >> granularity;
    let placed: Vec<u32> = blocks.iter().map(by_address).collect();
    let distinct: BTreeSet<u32> = placed.iter().copied().collect();
    if distinct.len() == blocks.len() && distinct.is_disjoint(taken) {
        return Some(placed);
    }
    let starts = (0..IPV6_SUBNETS).step_by(IPV6_SUBNETS_PER_TIER as usize);
    let runs = starts.map(|start| start..start + IPV6_SUBNETS_PER_TIER);
    let run = runs.filter(|run| blocks.len() <= run.len()).find(|run| taken.range(run.clone()).next().is_none())?;
    Some(run.take(blocks.len()).collect())
}

/// Returns true if one of the blocks contains the other. Blocks never overlap partially.
fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

/// Returns the letter of a zone: `a` for `us-east-1a`.
fn zone_letter(zone: &str) -> &str {
    let last = zone.rsplit('-').next().unwrap_or(zone);
    last.trim_start_matches(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
