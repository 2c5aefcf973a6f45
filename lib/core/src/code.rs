//! The codes of diagnostics, each with its explanation, which is also its documentation.

use std::fmt;

/// Declares the codes. [`Code::title`] and [`Code::explanation`] return the documentation of a variant.
macro_rules! codes {
    ($($(#[doc = $text:literal])+ $name:ident = $code:literal,)+) => {
        /// The code of a [`Diagnostic`](crate::Diagnostic): stable, so that a warning can be acknowledged by it and a
        /// finding can be looked up, with an explanation.
        ///
        /// The first two digits are the area: 01 the tree of a program, 02 its values, 03 constructs, 04 policies,
        /// 05 the values of other apps, 06 lookups, 09 the output for CloudFormation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $text])+ $name,)+
            /// The code of a check that is not part of Groundplan. Codes that begin with `GP` are reserved.
            Custom(&'static str),
        }

        impl Code {
            /// Every code of Groundplan, in order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the text, as in `GP0101`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                    Self::Custom(code) => code,
                }
            }

            /// The lines of the documentation; none for a custom code.
            fn documentation(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($text),+],)+
                    Self::Custom(_) => &[],
                }
            }
        }
    };
}

codes! {
    /// Two resources or constructs have the same path.
    ///
    /// The path of a resource is its identity in the state, so every name is
    /// used once within its scope. Give one of the two another name. If they
    /// are added by a loop, make the name from the loop's value.
    PathTaken = "GP0101",
    /// A name is not allowed in a path.
    ///
    /// Names consist of letters, digits, `-`, `_` and `.`. A path joins them
    /// with `/`, so a name cannot contain one; add a construct to get a scope.
    InvalidName = "GP0102",
    /// A construct adds two resources as its own.
    ///
    /// `Scope::resource` places a resource at the path of the construct
    /// itself, where only one fits. Add the others with `Scope::add`.
    SecondResource = "GP0103",
    /// Two outputs of the app have the same name.
    ///
    /// Other apps and users refer to an output by its name. Rename one of the
    /// two.
    DuplicateOutput = "GP0104",
    /// An output is published under an `Export` of another app.
    ///
    /// An `Export` names the app that publishes it. Publish the value in that
    /// app, or declare an `Export` of this one.
    ForeignExport = "GP0105",
    /// The name of an app is not valid.
    ///
    /// The name is the directory of the app's state, and part of the keys of a
    /// state in S3. It consists of letters, digits, `-`, `_` and `.`.
    InvalidAppName = "GP0106",
    /// The role of an environment cannot be assumed.
    ///
    /// The environment of a stack may name an IAM role with an external ID and
    /// a session name. One of them has a form that AWS does not accept.
    InvalidRole = "GP0107",
    /// A move cannot take effect.
    ///
    /// `moved(from, to)` and `moved_from(path)` take a resource over from a
    /// path that the program no longer has. Either nothing is at the new path,
    /// which is often a typing mistake, or the program still has a resource at
    /// the earlier path. To swap two paths, move the resources in the state, in
    /// three steps through a path that is free.
    InvalidMove = "GP0108",
    /// A code that does not exist is acknowledged.
    ///
    /// Codes that begin with `GP` belong to Groundplan, and there is none of
    /// this name, so the acknowledgement would have no effect.
    UnknownCode = "GP0109",
    /// A property refers to a resource of another app.
    ///
    /// Apps have separate states and are deployed separately. Publish the value
    /// in its app under an `Export` constant, and pass the constant here.
    ForeignReference = "GP0201",
    /// A property refers to a resource that does not exist.
    ///
    /// The program has no resource at the path of the reference. References
    /// from handles always have one; check the paths that are written as text.
    UnknownResource = "GP0202",
    /// A property refers to an attribute that the type does not have.
    ///
    /// The attributes of a type are those of AWS's published schema. The
    /// finding lists them.
    UnknownAttribute = "GP0203",
    /// Resources depend on each other in a cycle.
    ///
    /// Each of them would have to be created before the other. Remove one of
    /// the references, or move what both need into a resource of its own: two
    /// security groups that admit each other have their rules as resources.
    Cycle = "GP0204",
    /// AWS publishes no resource type of this name.
    ///
    /// Names have the form `AWS::EC2::VPC`. A type that AWS has published after
    /// this version of Groundplan is unknown to it.
    UnknownType = "GP0205",
    /// A required property is not set.
    ///
    /// AWS's schema requires the property. Typed structs ask for required
    /// properties when they are made; a part that is given as JSON can lack it.
    MissingProperty = "GP0206",
    /// A property does not exist.
    ///
    /// AWS's schema of the type has no property of this name. Names have the
    /// spelling of CloudFormation (`CidrBlock`).
    UnknownProperty = "GP0207",
    /// A property has a value of the wrong kind.
    ///
    /// For example, it is text where AWS's schema wants a number or a list.
    WrongKind = "GP0208",
    /// A property has a value that AWS does not accept.
    ///
    /// AWS's schema lists the values of this property, and this one is not
    /// among them. The finding shows the list.
    ValueNotAllowed = "GP0209",
    /// A property uses an output of its own app as if it were another app's.
    ///
    /// An `Export` is for other apps. Pass the handle or the output of the
    /// resource itself.
    OwnExport = "GP0211",
    /// An output of the app is a secret.
    ///
    /// Outputs are stored in the state and printed as plain text. Publish the
    /// ARN of the Secrets Manager secret that holds the value; another app
    /// passes it to `Secret::from_secrets_manager`.
    SecretOutput = "GP0212",
    /// An IAM policy is too large.
    ///
    /// IAM limits the size of a managed policy, and of all inline policies of a
    /// role, user or group together, without white space. Split a managed
    /// policy, move statements into managed policies, or name fewer resources.
    PolicyTooLarge = "GP0213",
    /// Two resources cannot exist at the same time.
    ///
    /// They claim something that AWS gives out only once: a name, an address
    /// block, the priority of a rule, the port of a listener. Change or remove
    /// one of the two; the finding names both places.
    Conflict = "GP0214",
    /// A resource belongs to a list that another resource states completely.
    ///
    /// For example, a security group declares its rules inline, and a rule is a
    /// resource of its own. A deploy would remove the separate one. Use one of
    /// the two forms for all members.
    MixedCollection = "GP0215",
    /// `ignore_changes` names no property of the resource.
    ///
    /// It takes properties (`DesiredCount`), parts of them
    /// (`VpcConfig.SubnetIds`), and tags (`Tags.Name`, `Tags.team/*`).
    UnknownIgnored = "GP0219",
    /// A value is nested too deep.
    ///
    /// States and plans are JSON documents, whose readers limit the nesting.
    /// Pass a document of that depth as text.
    TooDeep = "GP0220",
    /// An IAM action has the wrong form.
    ///
    /// An action is `service:Action`, as in `s3:GetObject`. `*` stands for any
    /// text and `?` for any letter.
    InvalidAction = "GP0301",
    /// A policy is of another partition than its role.
    ///
    /// The ARN of an AWS managed policy names a partition (`aws`, `aws-cn`,
    /// `aws-us-gov`), and a role can only have policies of its own one. Name the
    /// policy by `aws_managed_policy`, which uses the partition of the stack.
    ForeignPartition = "GP0302",
    /// A statement of a policy lacks a part, or has one that does not belong.
    ///
    /// A statement in the policy of a role, user or group names actions and
    /// resources; in the policy of a resource it also names principals. A trust
    /// statement names principals and actions, and no resources.
    InvalidStatement = "GP0303",
    /// An existing role cannot be given permissions.
    ///
    /// The reference is not the ARN of a role, or the role belongs to another
    /// account, where its policies are managed. Buckets and keys of the program
    /// can admit a role of another account as a principal.
    ForeignRole = "GP0304",
    /// The policy of an existing key is not part of the program.
    ///
    /// A service or another account gets access to an encrypted resource, and
    /// needs the key, too. Allow it in the policy of the key, where the key is
    /// managed, and acknowledge the warning.
    PolicyElsewhere = "GP0305",
    /// A key cannot encrypt a resource.
    ///
    /// Services use keys of their own region. Policies name a key by its ARN, so
    /// an alias does not fit.
    UnusableKey = "GP0306",
    /// A setting of a key is not valid.
    ///
    /// KMS waits 7 to 30 days before it deletes a key. An alias consists of
    /// letters, digits, `/`, `_` and `-`, and does not begin with `aws/`.
    KeySettings = "GP0307",
    /// A rule for outbound traffic has no effect.
    ///
    /// The security group allows all outbound traffic already, which is the
    /// default. Remove the rule, or declare the group with `no_outbound()`.
    RedundantRule = "GP0311",
    /// The block of a VPC has a size that AWS does not accept.
    ///
    /// An IPv4 block of a VPC has a length of /16 to /28.
    VpcSize = "GP0312",
    /// The subnets of a layout do not fit into the VPC.
    ///
    /// Use smaller subnets, fewer tiers or zones, or a larger block. Later
    /// subnets need free space, too.
    SubnetsTooLarge = "GP0313",
    /// An availability zone belongs to another region.
    ///
    /// The zones of a VPC lie in the region of its stack.
    ForeignZone = "GP0314",
    /// The default zones of the region are not known.
    ///
    /// Groundplan knows which zones every account has in the regions that it
    /// lists. Name the zones of the VPC.
    UnknownZones = "GP0315",
    /// The subnets of an existing VPC are not stated.
    ///
    /// Groundplan does not read the subnets of a VPC that the program only
    /// refers to. State them at the reference: `private_subnets([…])` or
    /// `public_subnets([…])`.
    UnknownSubnets = "GP0316",
    /// The description of a security group is not valid.
    ///
    /// EC2 takes at most 255 letters, digits, spaces and `._-:/()#,@[]+=&;{}!$*`.
    GroupDescription = "GP0317",
    /// A database cannot have a volume of this size.
    ///
    /// RDS for PostgreSQL takes volumes of 20 to 65,536 GiB.
    VolumeSize = "GP0321",
    /// Backups of a database cannot be kept for this number of days.
    ///
    /// RDS keeps automated backups for 1 to 35 days. 0 would turn them off, and
    /// with them the recovery to a point in time.
    BackupDays = "GP0322",
    /// The name of a bucket is not valid.
    ///
    /// A name has 3 to 63 lowercase letters, digits, dots and hyphens, and begins
    /// and ends with a letter or digit. It does not look like an IP address, and
    /// has none of the prefixes and suffixes that S3 reserves.
    InvalidBucketName = "GP0323",
    /// The name of a database is not valid.
    ///
    /// A name begins with a letter, and has at most 63 letters, digits and `_`.
    InvalidDatabaseName = "GP0324",
    /// A domain name is not valid.
    ///
    /// A name has at most 255 characters, and its parts between dots at most
    /// 63: letters, digits, `-` and `_`. The first part may be `*`.
    InvalidDomain = "GP0331",
    /// A name does not lie in its hosted zone.
    ///
    /// A record belongs to the zone whose domain it ends with. Write the whole
    /// name, and check the zone.
    OutsideZone = "GP0332",
    /// The first name of a certificate is too long.
    ///
    /// ACM takes at most 64 characters for the first name, which becomes the
    /// common name. Begin with a shorter name, and add the long one as a
    /// further one.
    LongCertificateName = "GP0333",
    /// A certificate names a domain twice.
    ///
    /// Remove one of the two. Letter case and a dot at the end do not make a
    /// difference.
    RepeatedDomain = "GP0334",
    /// The name of a zone cannot be a CNAME record.
    ///
    /// The zone's own name has SOA and NS records, and DNS allows no CNAME
    /// beside others. Use an alias record.
    ApexCname = "GP0335",
    /// A load balancer or database needs subnets in two availability zones.
    ///
    /// Elastic Load Balancing requires it for application load balancers, and
    /// RDS for subnet groups, even of a database without a standby. Give the VPC
    /// a subnet of the tier in each of its zones.
    TooFewZones = "GP0337",
    /// The idle timeout of a load balancer is not valid.
    ///
    /// Application load balancers take 1 to 4000 seconds.
    IdleTimeout = "GP0338",
    /// A certificate belongs to another region than its load balancer.
    ///
    /// Load balancers use certificates of their own region. Request one there;
    /// the same DNS records validate it.
    ForeignCertificate = "GP0339",
    /// A record has a value or setting that DNS does not accept.
    ///
    /// For example, an A record has a value that is not an IPv4 address, or a
    /// record has no value at all.
    InvalidRecord = "GP0340",
    /// A repository would keep no image.
    ///
    /// A lifecycle policy of ECR keeps at least one image. To keep all tagged
    /// images, leave the number out.
    NoImages = "GP0341",
    /// A bucket cannot store the access logs of a load balancer.
    ///
    /// Elastic Load Balancing writes to a bucket of its own region that is
    /// encrypted with the key of S3. The prefix does not begin or end with `/`,
    /// and does not contain `AWSLogs`.
    LogBucket = "GP0342",
    /// The clients of an internal load balancer are not known.
    ///
    /// By default, an internal load balancer admits the address blocks of its
    /// VPC, which are not known for an existing VPC. State them with
    /// `block(…)`, or the clients with `clients([…])`.
    UnknownClients = "GP0343",
    /// A route of a load balancer is not valid.
    ///
    /// Elastic Load Balancing takes up to five host names and paths per rule,
    /// and priorities of 1 to 50,000. A path begins with `/` or `*`.
    InvalidRoute = "GP0361",
    /// A route never receives a request.
    ///
    /// Another route of the listener has precedence and matches every request
    /// that this one matches. Make that one more specific, or remove one.
    ShadowedRoute = "GP0362",
    /// This is not the ARN of a secret.
    ///
    /// Containers and policies name a secret of Secrets Manager by its full ARN,
    /// which ends with six random characters.
    SecretArn = "GP0363",
    /// Two containers of a task have the same name.
    ///
    /// Containers are told apart by name. Use 1 to 255 letters, digits, `-` and
    /// `_`.
    ContainerName = "GP0364",
    /// Two containers of a task listen on the same port.
    ///
    /// The containers of a task share one network interface, so that each port
    /// belongs to one of them.
    RepeatedPort = "GP0365",
    /// The containers of a task cannot start in the stated order.
    ///
    /// A container waits for another one of the task. `Healthy` needs a health
    /// check. `Completed` and `Succeeded` need a container that is not
    /// essential, because a task stops with an essential container.
    ContainerOrder = "GP0366",
    /// No container of a task is essential.
    ///
    /// A task runs as long as its essential containers do, so it needs one.
    NoEssentialContainer = "GP0367",
    /// The containers of a task need more than the task has.
    ///
    /// The CPU units and the memory of all containers together fit into those of
    /// the task. Use a larger size, or leave the values of the containers out.
    ContainerResources = "GP0368",
    /// A setting of a task or of one of its containers is not valid.
    ///
    /// The finding shows the value and what Amazon ECS accepts.
    ContainerSetting = "GP0369",
    /// A variable of a container seems to contain a secret in plain text.
    ///
    /// Everyone who can describe the task definition can read it. Keep the value
    /// in Secrets Manager and pass it with `secret`; or acknowledge the warning.
    PlainSecret = "GP0370",
    /// The version of an image can move.
    ///
    /// A tag such as `latest` names another image after each push, so tasks of
    /// one service can run different versions. Name a version or a digest.
    MovingImage = "GP0371",
    /// A deployment of a service could never make progress.
    ///
    /// A deployment stops an old task or starts a new one first. The percentages
    /// of the desired count have to leave room for one of the two.
    NoDeployment = "GP0372",
    /// No container of a task listens on the port.
    ///
    /// A load balancer sends requests and health checks to a port that a
    /// container declares with `port`.
    UnknownPort = "GP0373",
    /// A setting of a target group is not valid.
    ///
    /// The finding shows the value and what Elastic Load Balancing accepts.
    TargetSetting = "GP0374",
    /// A service cannot scale like this.
    ///
    /// A service scales between two counts, on a metric or at scheduled times.
    /// The number of requests is known only behind a load balancer.
    InvalidScaling = "GP0375",
    /// A schedule is not valid.
    ///
    /// A cron expression has six fields: minutes, hours, day of month, month,
    /// day of week, year. One of the two days is `?`.
    InvalidSchedule = "GP0376",
    /// The cluster of a service has no namespace.
    ///
    /// A service is found under a name in the namespace of its cluster. Declare
    /// it with `namespace` at the cluster.
    NoNamespace = "GP0377",
    /// ECS Exec cannot enter a container with a read-only root file system.
    ///
    /// The agent of ECS Exec writes to the file system of the container.
    ReadOnlyExec = "GP0378",
    /// Remote access is open to the whole internet.
    ///
    /// A rule admits everybody to the port of SSH or RDP. Admit known
    /// addresses, or connect through Session Manager or a bastion.
    OpenRemoteAccess = "GP0401",
    /// A bucket does not block public access.
    ///
    /// Use the `Bucket` construct, which blocks it, and serve objects to
    /// everybody through CloudFront.
    PublicBucket = "GP0402",
    /// A database or volume is not encrypted.
    ///
    /// Encryption cannot be turned on later without a copy of the data, so
    /// turn it on from the start.
    Unencrypted = "GP0403",
    /// The private subnets of several zones share one NAT gateway.
    ///
    /// If its zone fails, the others lose the internet as well, and traffic
    /// between zones is charged. Use one gateway per zone, or acknowledge the
    /// warning where the lower price matters more.
    SharedNatGateway = "GP0404",
    /// A load balancer serves the internet without TLS.
    ///
    /// Serve over HTTPS, and redirect HTTP to it.
    PlainHttp = "GP0405",
    /// An app whose output is used was never deployed here.
    ///
    /// The value is read from the state of that app, at the same target and
    /// state location. Deploy that app first; the help names the command.
    NotDeployed = "GP0501",
    /// Another app does not publish an output that is used.
    ///
    /// Publish it there and deploy that app, or use the name of an output that
    /// it publishes.
    NotPublished = "GP0502",
    /// An output of another app has another type than expected.
    ///
    /// Both apps use one `Export` constant, which has the type. Deploy the app
    /// that publishes it again.
    OtherType = "GP0503",
    /// A lookup cannot find anything.
    ///
    /// Nothing states which VPC is looked up, the name of a public parameter does not
    /// begin with `/aws/service/`, or a domain is not the name of a zone.
    InvalidLookup = "GP0601",
    /// A lookup finds nothing.
    ///
    /// The finding lists what exists of the kind in the account and region.
    /// Check the tags or the name, and the account of the credentials.
    NothingFound = "GP0602",
    /// A lookup finds several things.
    ///
    /// The finding lists them. Add a tag that only one of them has, or pass a
    /// known id, as in `Vpc::existing(VpcId::new("vpc-0a1b"))`.
    SeveralFound = "GP0603",
    /// A lookup finds a resource of its own app.
    ///
    /// A change of the resource would change what the lookup finds. Pass the
    /// handle of the resource instead of looking it up.
    OwnResourceFound = "GP0604",
    /// The result of a lookup lacks a value that the program uses.
    ///
    /// For example, the VPC has no private subnets, or the region has fewer
    /// zones than the program uses. The finding shows what it has.
    LookupLacks = "GP0605",
    /// The subnets that a lookup finds are in one availability zone.
    ///
    /// Elastic Load Balancing needs two zones for an application load balancer,
    /// RDS for a subnet group and EKS for a cluster. Add a subnet in another zone
    /// to the VPC, or choose other subnets of it by their tags.
    OneZoneFound = "GP0606",
    /// CloudFormation has no such resource type.
    ///
    /// The resource cannot be part of a template.
    TemplateType = "GP0901",
    /// A reference of the template leads nowhere.
    ///
    /// The assembly has no resource at the path of the reference.
    TemplateReference = "GP0902",
    /// A property is defined by itself.
    ///
    /// CloudFormation does not return the property, so its value is written
    /// out, and it refers to itself.
    TemplateSelfReference = "GP0903",
    /// CloudFormation does not return a property that is used.
    ///
    /// Use an attribute of the resource, or set the property explicitly so that
    /// its value can be written out.
    TemplateUnreadable = "GP0904",
    /// A template refers to another account or region.
    ///
    /// Exports of CloudFormation are visible within one account and region.
    TemplateOtherPlace = "GP0905",
    /// CloudFormation cannot compute a part of an address block.
    ///
    /// `Fn::Cidr` returns a limited number of equal parts, and a block has no
    /// part beyond its end.
    TemplateCidr = "GP0906",
    /// An output of a template would be a structure.
    ///
    /// Outputs of CloudFormation are text. Publish the parts one by one.
    TemplateOutput = "GP0907",
    /// CloudFormation cannot compute the keys of a map.
    ///
    /// The key is an output, which works in untyped JSON only, where the
    /// template composes the document as text.
    TemplateKeys = "GP0908",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code of Groundplan by its text, in any letter case, or else a custom one.
impl From<&'static str> for Code {
    fn from(text: &'static str) -> Self {
        Self::find(text).unwrap_or(Self::Custom(text))
    }
}

impl Code {
    /// Returns the code of Groundplan with this text, ignoring case.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(text))
    }

    /// Returns what is wrong, in a sentence; `None` for a custom code.
    pub fn title(self) -> Option<&'static str> {
        self.documentation().first().map(|line| line.trim())
    }

    /// Returns why that is wrong and what to do, in lines of at most 80 columns; `None` for a custom code.
    pub fn explanation(self) -> Option<String> {
        let (_, lines) = self.documentation().split_first()?;
        let lines: Vec<_> = lines.iter().map(|line| line.trim()).skip_while(|line| line.is_empty()).collect();
        Some(lines.join("\n"))
    }

    /// Returns whether it has the form of Groundplan's codes but is none of them.
    pub(crate) fn is_unknown(self) -> bool {
        matches!(self, Self::Custom(text) if text.len() > 2 && text.is_char_boundary(2) && text[..2].eq_ignore_ascii_case("gp")
            && text[2..].bytes().all(|byte| byte.is_ascii_digit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_explained_within_a_terminal() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.as_str() < b.as_str()));
        for code in Code::ALL {
            let (title, text) = (code.title().unwrap(), code.explanation().unwrap());
            assert!(title.ends_with('.') && text.ends_with('.'), "{code}");
            assert!([title].into_iter().chain(text.lines()).all(|line| (1..=78).contains(&line.len())), "{code}");
            assert_eq!(Code::from(code.as_str()), *code);
        }
    }

    #[test]
    fn a_text_is_a_code_of_groundplan_or_a_custom_one() {
        assert_eq!(Code::find("gp0101"), Some(Code::PathTaken));
        assert_eq!(Code::from("ACME-1"), Code::Custom("ACME-1"));
        let unknown =
            ["GP0440", "gp1", "GP", "GPU1", "ACME-1", "GP0101", "ü1"].map(|text| Code::from(text).is_unknown());
        assert_eq!(unknown, [true, true, false, false, false, false, false]);
    }
}
