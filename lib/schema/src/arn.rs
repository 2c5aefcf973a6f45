//! ARNs by the forms that AWS publishes.

use crate::resource::ResourceType;

/// The parts of an ARN that describe the resource it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArnParts<'a> {
    /// Its region; empty where it has none.
    pub region: &'a str,
    /// Its account; empty where the ARN does not say.
    pub account: &'a str,
    /// Its identifier within its type.
    pub name: &'a str,
}

impl ResourceType {
    /// Reads an ARN in the form of this type, as in `arn:${Partition}:rds:${Region}:${Account}:cluster:${Name}`; none
    /// where it has another form, or where the form takes more than one name of the resource.
    pub fn in_arn<'a>(&self, arn: &'a str) -> Option<ArnParts<'a>> {
        let (service, start, end) = self.arn_form()?;
        let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':');
        let (_, of, region, account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let name = resource.strip_prefix(start)?.strip_suffix(end)?;
        (of == service && !name.is_empty()).then_some(ArnParts { region, account, name })
    }

    /// Returns the ARN of the resource with this identifier, by the form of this type; `None` if the form needs more
    /// than that.
    pub fn arn_of(&self, partition: &str, region: &str, account: &str, id: &str) -> Option<String> {
        let (_, start, end) = self.arn_form()?;
        let form = self.arn_template?.splitn(6, ':').take(5).collect::<Vec<_>>().join(":");
        let form = form.replace("${Partition}", partition).replace("${Region}", region).replace("${Account}", account);
        (!id.contains('|')).then(|| format!("{form}:{start}{id}{end}"))
    }

    /// Returns the service, and the parts before and after the name.
    fn arn_form(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let mut parts = self.arn_template?.splitn(6, ':').skip(2);
        let (service, resource) = (parts.next()?, parts.nth(2)?);
        let (start, rest) = resource.split_once("${")?;
        let (_, end) = rest.split_once('}')?;
        (!service.contains('$') && !end.contains("${")).then_some((service, start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn an_arn_is_made_and_read_by_the_form_of_its_type() {
        let cluster = lookup("AWS::DocDB::DBCluster").expect("published");
        let arn = "arn:aws:rds:eu-west-1:111122223333:cluster:docs";
        assert_eq!(cluster.arn_of("aws", "eu-west-1", "111122223333", "docs").as_deref(), Some(arn));
        let parts = ArnParts { region: "eu-west-1", account: "111122223333", name: "docs" };
        assert_eq!(cluster.in_arn(arn), Some(parts));
        for other in
            ["docs", "arn:aws:rds:eu-west-1:111122223333:db:docs", "arn:aws:rds:eu-west-1:1:cluster:", "arn:aws"]
        {
            assert_eq!(cluster.in_arn(other), None, "{other}");
        }
        let provider = lookup("AWS::ECS::CapacityProvider").expect("published");
        let arn = "arn:aws:ecs:eu-west-1:111122223333:capacity-provider/spot";
        assert_eq!(provider.in_arn(arn).map(|parts| parts.name), Some("spot"));
        assert_eq!(provider.arn_of("aws", "eu-west-1", "111122223333", "a|b"), None);
    }

    #[test]
    fn what_is_read_from_an_arn_makes_it_again() {
        for schema in crate::all().filter_map(lookup).filter(|schema| schema.arn_template.is_some()) {
            let Some(arn) = schema.arn_of("aws", "eu-west-1", "111122223333", "some-name") else { continue };
            let parts = schema.in_arn(&arn).unwrap_or_else(|| panic!("{}: {arn}", schema.name));
            assert_eq!(parts.name, "some-name", "{}: {arn}", schema.name);
        }
    }
}
