//! One resource of every type, in the order of their dependencies.

mod containers;
mod edge;

use serde_json::{Value as Json, json};

/// A resource that is made, changed and deleted.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) type_name: &'static str,
    /// `${name.Output}` is an output of an earlier case.
    pub(crate) properties: Json,
    pub(crate) changed: Option<Json>,
    /// The features that moto lacks: properties that it does not return, or refusing a `second delete`.
    pub(crate) moto: &'static [&'static str],
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = network();
    cases.extend(security());
    cases.extend(data());
    cases.extend(edge::cases());
    cases.extend(containers::cases());
    cases.extend(messaging());
    cases
}

fn messaging() -> Vec<Case> {
    vec![
        // moto keeps neither tracing nor the logging of deliveries.
        moto(
            &["TracingConfig", "DeliveryStatusLogging"],
            case(
                "topic",
                "AWS::SNS::Topic",
                json!({"DisplayName": "Alerts", "KmsMasterKeyId": "alias/aws/sns", "TracingConfig": "Active",
                "DeliveryStatusLogging": [{"Protocol": "sqs", "FailureFeedbackRoleArn": "${role.Arn}"}],
                "Tags": tags("alerts")}),
                Some(json!({"DisplayName": "Alarms", "KmsMasterKeyId": "alias/aws/sns", "Tags": retagged("alerts")})),
            ),
        ),
        case(
            "fifo",
            "AWS::SNS::Topic",
            json!({"TopicName": "orders.fifo", "FifoTopic": true, "ContentBasedDeduplication": true}),
            Some(json!({"TopicName": "orders.fifo", "FifoTopic": true, "ContentBasedDeduplication": false})),
        ),
    ]
}

fn tags(name: &str) -> Json {
    json!([{"Key": "Name", "Value": name}, {"Key": "Team", "Value": "checkout"}])
}

fn retagged(name: &str) -> Json {
    json!([{"Key": "Name", "Value": name}, {"Key": "Owner", "Value": "platform"}])
}

fn case(name: &'static str, type_name: &'static str, properties: Json, changed: Option<Json>) -> Case {
    Case { name, type_name, properties, changed, moto: &[] }
}

fn moto(moto: &'static [&'static str], case: Case) -> Case {
    Case { moto, ..case }
}

fn network() -> Vec<Case> {
    let subnet =
        |block: &str, zone: &str| json!({"VpcId": "${vpc.VpcId}", "CidrBlock": block, "AvailabilityZone": zone});
    vec![
        case(
            "vpc",
            "AWS::EC2::VPC",
            json!({"CidrBlock": "10.51.0.0/16", "EnableDnsHostnames": true, "EnableDnsSupport": true, "Tags": tags("vpc")}),
            Some(json!({"CidrBlock": "10.51.0.0/16", "EnableDnsHostnames": false, "Tags": retagged("vpc")})),
        ),
        case(
            "ipv6",
            "AWS::EC2::VPCCidrBlock",
            json!({"VpcId": "${vpc.VpcId}", "AmazonProvidedIpv6CidrBlock": true}),
            None,
        ),
        case(
            "second-block",
            "AWS::EC2::VPCCidrBlock",
            json!({"VpcId": "${vpc.VpcId}", "CidrBlock": "10.52.0.0/16"}),
            None,
        ),
        case(
            "subnet-a",
            "AWS::EC2::Subnet",
            json!({"VpcId": "${vpc.VpcId}", "CidrBlock": "10.51.0.0/20", "AvailabilityZone": "eu-central-1a",
                "MapPublicIpOnLaunch": true, "Tags": tags("a")}),
            Some(json!({"VpcId": "${vpc.VpcId}", "CidrBlock": "10.51.0.0/20", "AvailabilityZone": "eu-central-1a",
                "MapPublicIpOnLaunch": false, "Tags": retagged("a")})),
        ),
        case("subnet-b", "AWS::EC2::Subnet", subnet("10.51.16.0/20", "eu-central-1b"), None),
        case("igw", "AWS::EC2::InternetGateway", json!({"Tags": tags("igw")}), Some(json!({"Tags": retagged("igw")}))),
        case("igw2", "AWS::EC2::InternetGateway", json!({}), None),
        case(
            "attachment",
            "AWS::EC2::VPCGatewayAttachment",
            json!({"VpcId": "${vpc.VpcId}", "InternetGatewayId": "${igw.InternetGatewayId}"}),
            Some(json!({"VpcId": "${vpc.VpcId}", "InternetGatewayId": "${igw2.InternetGatewayId}"})),
        ),
        case(
            "eigw",
            "AWS::EC2::EgressOnlyInternetGateway",
            json!({"VpcId": "${vpc.VpcId}", "Tags": tags("eigw")}),
            None,
        ),
        case(
            "eip",
            "AWS::EC2::EIP",
            json!({"Domain": "vpc", "Tags": tags("eip")}),
            Some(json!({"Domain": "vpc", "Tags": retagged("eip")})),
        ),
        moto(
            &["second delete"],
            case(
                "nat",
                "AWS::EC2::NatGateway",
                json!({"SubnetId": "${subnet-a.SubnetId}", "AllocationId": "${eip.AllocationId}", "Tags": tags("nat")}),
                Some(json!({"SubnetId": "${subnet-a.SubnetId}", "AllocationId": "${eip.AllocationId}",
                "Tags": retagged("nat")})),
            ),
        ),
        case(
            "table",
            "AWS::EC2::RouteTable",
            json!({"VpcId": "${vpc.VpcId}", "Tags": tags("table")}),
            Some(json!({"VpcId": "${vpc.VpcId}", "Tags": retagged("table")})),
        ),
        case(
            "route",
            "AWS::EC2::Route",
            json!({"RouteTableId": "${table.RouteTableId}", "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": "${nat.NatGatewayId}"}),
            Some(json!({"RouteTableId": "${table.RouteTableId}", "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": "${igw2.InternetGatewayId}"})),
        ),
        case(
            "route6",
            "AWS::EC2::Route",
            json!({"RouteTableId": "${table.RouteTableId}", "DestinationIpv6CidrBlock": "::/0",
                "EgressOnlyInternetGatewayId": "${eigw.Id}"}),
            None,
        ),
        case("other-table", "AWS::EC2::RouteTable", json!({"VpcId": "${vpc.VpcId}"}), None),
        case(
            "association",
            "AWS::EC2::SubnetRouteTableAssociation",
            json!({"RouteTableId": "${table.RouteTableId}", "SubnetId": "${subnet-a.SubnetId}"}),
            Some(json!({"RouteTableId": "${other-table.RouteTableId}", "SubnetId": "${subnet-a.SubnetId}"})),
        ),
        // moto deletes an endpoint that does not exist.
        moto(
            &["second delete"],
            case(
                "s3-endpoint",
                "AWS::EC2::VPCEndpoint",
                json!({"VpcId": "${vpc.VpcId}", "ServiceName": "com.amazonaws.eu-central-1.s3",
                "VpcEndpointType": "Gateway", "RouteTableIds": ["${table.RouteTableId}"], "Tags": tags("s3")}),
                Some(json!({"VpcId": "${vpc.VpcId}", "ServiceName": "com.amazonaws.eu-central-1.s3",
                "VpcEndpointType": "Gateway", "RouteTableIds": [], "Tags": retagged("s3")})),
            ),
        ),
    ]
}

fn security() -> Vec<Case> {
    let rule = |more: Json| {
        let mut rule = json!({"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432});
        rule.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        rule
    };
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]});
    let policy = |action: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    vec![
        case(
            "group",
            "AWS::EC2::SecurityGroup",
            json!({"GroupDescription": "db", "VpcId": "${vpc.VpcId}", "Tags": tags("db")}),
            Some(json!({"GroupDescription": "db", "VpcId": "${vpc.VpcId}", "Tags": retagged("db")})),
        ),
        case(
            "inline-group",
            "AWS::EC2::SecurityGroup",
            json!({"GroupDescription": "inline", "GroupName": "inline", "VpcId": "${vpc.VpcId}",
                "SecurityGroupIngress": [rule(json!({"CidrIp": "10.0.0.0/8", "Description": "x"}))],
                "SecurityGroupEgress": [rule(json!({"DestinationSecurityGroupId": "${group.GroupId}"}))]}),
            Some(json!({"GroupDescription": "inline", "GroupName": "inline", "VpcId": "${vpc.VpcId}",
                "SecurityGroupIngress": [rule(json!({"CidrIp": "10.1.0.0/16"})), rule(json!({"CidrIpv6": "fd00::/8"}))],
                "SecurityGroupEgress": []})),
        ),
        // moto keeps no description of a rule whose peer is a group.
        moto(
            &["Description"],
            case(
                "ingress",
                "AWS::EC2::SecurityGroupIngress",
                rule(json!({"GroupId": "${group.GroupId}", "SourceSecurityGroupId": "${inline-group.GroupId}",
                "Description": "app"})),
                Some(rule(json!({"GroupId": "${group.GroupId}", "SourceSecurityGroupId": "${inline-group.GroupId}",
                "Description": "the app"}))),
            ),
        ),
        case(
            "egress",
            "AWS::EC2::SecurityGroupEgress",
            rule(json!({"GroupId": "${group.GroupId}", "CidrIpv6": "::/0", "Description": "out"})),
            Some(rule(json!({"GroupId": "${group.GroupId}", "CidrIpv6": "::/0", "Description": "outside"}))),
        ),
        // moto deletes an endpoint that does not exist.
        moto(
            &["second delete"],
            case(
                "ecr-endpoint",
                "AWS::EC2::VPCEndpoint",
                json!({"VpcId": "${vpc.VpcId}", "ServiceName": "com.amazonaws.eu-central-1.ecr.api",
                "VpcEndpointType": "Interface", "PrivateDnsEnabled": true, "SubnetIds": ["${subnet-a.SubnetId}"],
                "SecurityGroupIds": ["${group.GroupId}"], "Tags": tags("ecr")}),
                Some(json!({"VpcId": "${vpc.VpcId}", "ServiceName": "com.amazonaws.eu-central-1.ecr.api",
                "VpcEndpointType": "Interface", "PrivateDnsEnabled": true,
                "SubnetIds": ["${subnet-a.SubnetId}", "${subnet-b.SubnetId}"],
                "SecurityGroupIds": ["${group.GroupId}"], "Tags": tags("ecr")})),
            ),
        ),
        case(
            "role",
            "AWS::IAM::Role",
            json!({"AssumeRolePolicyDocument": trust, "Description": "task", "Tags": tags("task"),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
                "Policies": [{"PolicyName": "a", "PolicyDocument": policy("s3:GetObject")}]}),
            Some(json!({"AssumeRolePolicyDocument": trust, "Description": "the task", "MaxSessionDuration": 7200,
                "Tags": retagged("task"), "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"],
                "Policies": [{"PolicyName": "b", "PolicyDocument": policy("s3:PutObject")}]})),
        ),
        case(
            "role-policy",
            "AWS::IAM::RolePolicy",
            json!({"RoleName": "${role.RoleName}", "PolicyName": "media", "PolicyDocument": policy("s3:GetObject")}),
            Some(json!({"RoleName": "${role.RoleName}", "PolicyName": "media", "PolicyDocument": policy("s3:*")})),
        ),
        // moto forgets the tags of a user whose path changes.
        case(
            "user",
            "AWS::IAM::User",
            json!({"UserName": "mailer", "Path": "/mail/", "Tags": tags("mailer"),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
                "Policies": [{"PolicyName": "a", "PolicyDocument": policy("s3:GetObject")}]}),
            Some(json!({"UserName": "mailer", "Path": "/mail/", "Tags": retagged("mailer"),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"],
                "Policies": [{"PolicyName": "b", "PolicyDocument": policy("s3:PutObject")}]})),
        ),
        case(
            "access-key",
            "AWS::IAM::AccessKey",
            json!({"UserName": "${user.UserName}", "Serial": 1}),
            Some(json!({"UserName": "${user.UserName}", "Serial": 1, "Status": "Inactive"})),
        ),
        case(
            "key",
            "AWS::KMS::Key",
            json!({"Description": "data", "EnableKeyRotation": true, "Tags": tags("key"), "PendingWindowInDays": 7}),
            Some(json!({"Description": "the data", "EnableKeyRotation": false, "Enabled": false,
                "Tags": retagged("key"), "PendingWindowInDays": 7})),
        ),
        case("key2", "AWS::KMS::Key", json!({"KeyPolicy": policy("kms:*")}), None),
        case(
            "alias",
            "AWS::KMS::Alias",
            json!({"AliasName": "alias/conformance", "TargetKeyId": "${key.KeyId}"}),
            Some(json!({"AliasName": "alias/conformance", "TargetKeyId": "${key2.KeyId}"})),
        ),
    ]
}

fn data() -> Vec<Case> {
    let block = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true,
        "RestrictPublicBuckets": true});
    let encrypted = |by: Json| {
        json!({"ServerSideEncryptionConfiguration": [
        {"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": by}]})
    };
    let read = |action: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action,
            "Principal": {"AWS": "${role.Arn}"}, "Resource": "${bucket.Arn}/*"}]})
    };
    let instance = |more: Json| {
        let mut instance = json!({"Engine": "postgres", "EngineVersion": "16.4", "DBInstanceClass": "db.t4g.medium",
            "AllocatedStorage": "100", "StorageType": "gp3", "StorageEncrypted": true, "KmsKeyId": "${key2.Arn}",
            "DBSubnetGroupName": "${subnet-group.DBSubnetGroupName}", "MasterUsername": "checkout",
            "DBParameterGroupName": "${parameter-group.DBParameterGroupName}",
            "VPCSecurityGroups": ["${group.GroupId}"], "Port": "5432", "PubliclyAccessible": false});
        instance.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        instance
    };
    vec![
        case(
            "bucket",
            "AWS::S3::Bucket",
            json!({"PublicAccessBlockConfiguration": block, "Tags": tags("media"),
                "BucketEncryption": encrypted(json!({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "${key2.Arn}"})),
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "VersioningConfiguration": {"Status": "Enabled"},
                "LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}]}}),
            Some(json!({"PublicAccessBlockConfiguration": block, "Tags": retagged("media"),
                "BucketEncryption": encrypted(json!({"SSEAlgorithm": "AES256"})),
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "VersioningConfiguration": {"Status": "Suspended"},
                "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"],
                    "MaxAge": 60}]}})),
        ),
        case(
            "bucket-policy",
            "AWS::S3::BucketPolicy",
            json!({"Bucket": "${bucket.BucketName}", "PolicyDocument": read("s3:GetObject")}),
            Some(json!({"Bucket": "${bucket.BucketName}", "PolicyDocument": read("s3:PutObject")})),
        ),
        case(
            "secret",
            "AWS::SecretsManager::Secret",
            json!({"Description": "db", "GenerateSecretString": {"PasswordLength": 20, "ExcludePunctuation": true},
                "Tags": tags("secret")}),
            Some(json!({"Description": "the db", "KmsKeyId": "${key2.Arn}",
                "GenerateSecretString": {"PasswordLength": 20, "ExcludePunctuation": true},
                "Tags": retagged("secret")})),
        ),
        case(
            "log-group",
            "AWS::Logs::LogGroup",
            json!({"RetentionInDays": 30, "KmsKeyId": "${key2.Arn}", "Tags": tags("logs")}),
            // moto cannot take the key away.
            Some(json!({"RetentionInDays": 90, "KmsKeyId": "${key2.Arn}", "Tags": retagged("logs")})),
        ),
        case(
            "subnet-group",
            "AWS::RDS::DBSubnetGroup",
            json!({"DBSubnetGroupDescription": "db", "SubnetIds": ["${subnet-b.SubnetId}", "${subnet-a.SubnetId}"],
                "Tags": tags("db")}),
            // moto loses a group that is modified, so only what needs no modification is changed.
            Some(json!({"DBSubnetGroupDescription": "db", "Tags": retagged("db"),
                "SubnetIds": ["${subnet-a.SubnetId}", "${subnet-b.SubnetId}"]})),
        ),
        case(
            "parameter-group",
            "AWS::RDS::DBParameterGroup",
            json!({"Family": "postgres16", "Description": "db", "Tags": tags("db"),
                "Parameters": {"log_statement": "all", "max_connections": 1000}}),
            Some(json!({"Family": "postgres16", "Description": "db", "Tags": retagged("db"),
                "Parameters": {"log_statement": "ddl", "max_connections": 1000}})),
        ),
        case(
            "instance",
            "AWS::RDS::DBInstance",
            instance(json!({"MasterUserPassword": "hunter2hunter2", "BackupRetentionPeriod": 7, "Tags": tags("db")})),
            Some(instance(json!({"BackupRetentionPeriod": 14, "AllocatedStorage": "200", "Tags": retagged("db")}))),
        ),
    ]
}
