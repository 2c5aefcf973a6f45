"""An independent look at an account, for the end-to-end tests.

    account.py URL read           everything that Groundplan manages there, as JSON
    account.py URL count          how much of each kind is there, whoever made it, as JSON
    account.py URL tamper         changes a few things behind the engine's back
    account.py URL password       the password of the database
    account.py URL another-account  credentials for another account

Talks to the emulator at URL through boto3, and knows nothing of Groundplan but the tag
`groundplan:app`, by which `read` leaves out what the emulator has from the start.
"""

import json
import sys

import boto3

URL = sys.argv[1]
APP = "checkout-prod"


def client(service):
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def tags(items):
    pairs = {tag["Key"]: tag["Value"] for tag in items or []}
    return {key: value for key, value in sorted(pairs.items()) if not key.startswith("groundplan:")}


def ours(items):
    marked = [{"Key": "groundplan:app", "Value": APP}]
    return [item for item in items if marked[0] in item.get("Tags", [])]


def pick(item, *names):
    return {name: item.get(name) for name in names if item.get(name) not in (None, [], "")}


def ec2():
    ec2 = client("ec2")
    vpcs = ours(ec2.describe_vpcs()["Vpcs"])
    ids = [vpc["VpcId"] for vpc in vpcs]
    of_vpcs = lambda items: [item for item in items if item.get("VpcId") in ids]
    found = {
        "vpcs": [
            pick(vpc, "VpcId", "CidrBlock")
            | {
                "Ipv6": [block["Ipv6CidrBlock"] for block in vpc.get("Ipv6CidrBlockAssociationSet", [])],
                "Tags": tags(vpc["Tags"]),
            }
            | {
                name: ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)[name]["Value"]
                for attribute, name in (
                    ("enableDnsHostnames", "EnableDnsHostnames"),
                    ("enableDnsSupport", "EnableDnsSupport"),
                )
            }
            for vpc in vpcs
        ],
        "subnets": [
            pick(subnet, "SubnetId", "VpcId", "CidrBlock", "AvailabilityZone")
            | {
                "MapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
                "AssignIpv6AddressOnCreation": subnet["AssignIpv6AddressOnCreation"],
                "Ipv6": [block["Ipv6CidrBlock"] for block in subnet.get("Ipv6CidrBlockAssociationSet", [])],
                "Tags": tags(subnet["Tags"]),
            }
            for subnet in of_vpcs(ec2.describe_subnets()["Subnets"])
        ],
        "internet_gateways": [
            pick(gateway, "InternetGatewayId")
            | {"Attached": [attached["VpcId"] for attached in gateway["Attachments"]], "Tags": tags(gateway["Tags"])}
            for gateway in ours(ec2.describe_internet_gateways()["InternetGateways"])
        ],
        "egress_only_gateways": [
            pick(gateway, "EgressOnlyInternetGatewayId")
            | {"Attached": [attached["VpcId"] for attached in gateway["Attachments"]]}
            for gateway in ours(ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"])
        ],
        "addresses": [pick(address, "AllocationId", "Domain") for address in ours(ec2.describe_addresses()["Addresses"])],
        "nat_gateways": [
            pick(gateway, "NatGatewayId", "SubnetId", "State")
            | {"AllocationIds": [address["AllocationId"] for address in gateway["NatGatewayAddresses"]]}
            for gateway in of_vpcs(ec2.describe_nat_gateways()["NatGateways"])
            if gateway["State"] != "deleted"
        ],
        "route_tables": [
            pick(table, "RouteTableId", "VpcId")
            | {
                "Subnets": sorted(a["SubnetId"] for a in table["Associations"] if "SubnetId" in a),
                "Routes": [
                    pick(
                        route,
                        "DestinationCidrBlock",
                        "DestinationIpv6CidrBlock",
                        "GatewayId",
                        "NatGatewayId",
                        "EgressOnlyInternetGatewayId",
                    )
                    for route in table["Routes"]
                    if route.get("GatewayId") != "local" and "DestinationPrefixListId" not in route
                ],
            }
            for table in ours(ec2.describe_route_tables()["RouteTables"])
        ],
        "security_groups": [
            pick(group, "GroupId", "Description", "VpcId")
            | {"Ingress": rules(group["IpPermissions"]), "Egress": rules(group["IpPermissionsEgress"])}
            for group in of_vpcs(ec2.describe_security_groups()["SecurityGroups"])
            if group["GroupName"] != "default"
        ],
        "endpoints": [
            pick(endpoint, "VpcEndpointId", "ServiceName", "VpcEndpointType", "State", "PrivateDnsEnabled")
            | {
                "Subnets": sorted(endpoint.get("SubnetIds", [])),
                "RouteTables": sorted(endpoint.get("RouteTableIds", [])),
                "Groups": sorted(group["GroupId"] for group in endpoint.get("Groups", [])),
            }
            for endpoint in of_vpcs(ec2.describe_vpc_endpoints()["VpcEndpoints"])
            if endpoint["State"] != "deleted"
        ],
    }
    return found


def rules(permissions):
    return [
        pick(permission, "IpProtocol", "FromPort", "ToPort")
        | {
            "From": [block["CidrIp"] for block in permission.get("IpRanges", [])]
            + [block["CidrIpv6"] for block in permission.get("Ipv6Ranges", [])]
            + [pair["GroupId"] for pair in permission.get("UserIdGroupPairs", [])]
        }
        for permission in permissions
    ]


def s3():
    s3 = client("s3")
    buckets = []
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
        buckets.append(
            {
                "Name": name,
                "PublicAccess": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
                "Ownership": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"],
                "Encryption": rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
                "Versioning": s3.get_bucket_versioning(Bucket=name).get("Status"),
                "Policy": json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]),
                "Tags": tags(s3.get_bucket_tagging(Bucket=name)["TagSet"]),
            }
        )
    return {"buckets": buckets}


def kms():
    kms = client("kms")
    keys = []
    for key in kms.list_keys()["Keys"]:
        key_id = key["KeyId"]
        about = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        if about["KeyManager"] != "CUSTOMER" or about["KeyState"] == "PendingDeletion":
            continue
        keys.append(
            {
                "KeyId": key_id,
                "Description": about["Description"],
                "State": about["KeyState"],
                "Rotation": kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"],
                "Aliases": [alias["AliasName"] for alias in kms.list_aliases(KeyId=key_id)["Aliases"]],
                "Policy": json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"]),
            }
        )
    return {"keys": keys}


def rds():
    rds = client("rds")
    instances = rds.describe_db_instances()["DBInstances"]
    groups = rds.describe_db_parameter_groups()["DBParameterGroups"]
    groups = [group for group in groups if not group["DBParameterGroupName"].startswith("default.")]
    return {
        "databases": [
            pick(
                instance,
                "DBInstanceIdentifier",
                "DBInstanceClass",
                "Engine",
                "EngineVersion",
                "AllocatedStorage",
                "StorageType",
                "MasterUsername",
                "BackupRetentionPeriod",
                "PreferredBackupWindow",
                "KmsKeyId",
            )
            | {name: instance.get(name) for name in ("MultiAZ", "StorageEncrypted", "PubliclyAccessible", "DeletionProtection")}
            | {
                "SubnetGroup": instance["DBSubnetGroup"]["DBSubnetGroupName"],
                "ParameterGroups": [group["DBParameterGroupName"] for group in instance["DBParameterGroups"]],
                "SecurityGroups": [group["VpcSecurityGroupId"] for group in instance["VpcSecurityGroups"]],
                "Tags": tags(instance["TagList"]),
            }
            for instance in instances
        ],
        "subnet_groups": [
            pick(group, "DBSubnetGroupName", "DBSubnetGroupDescription", "VpcId")
            | {"Subnets": sorted(subnet["SubnetIdentifier"] for subnet in group["Subnets"])}
            for group in rds.describe_db_subnet_groups()["DBSubnetGroups"]
        ],
        "parameter_groups": [
            pick(group, "DBParameterGroupName", "DBParameterGroupFamily", "Description")
            | {
                "Parameters": {
                    parameter["ParameterName"]: parameter["ParameterValue"]
                    for parameter in rds.describe_db_parameters(DBParameterGroupName=group["DBParameterGroupName"])["Parameters"]
                    if "ParameterValue" in parameter
                }
            }
            for group in groups
        ],
    }


def secrets():
    manager = client("secretsmanager")
    found = []
    for secret in manager.list_secrets()["SecretList"]:
        value = json.loads(manager.get_secret_value(SecretId=secret["ARN"])["SecretString"])
        shape = {"username": value["username"], "password": f"{len(value['password'])} characters"}
        found.append(pick(secret, "ARN", "Description", "KmsKeyId") | {"Value": shape, "Tags": tags(secret.get("Tags"))})
    return {"secrets": found}


def iam():
    iam = client("iam")
    roles = [role for role in iam.list_roles()["Roles"] if not role["Path"].startswith("/aws-service-role/")]
    return {
        "roles": [
            {
                "Name": role["RoleName"],
                "Description": role.get("Description"),
                "Trust": role["AssumeRolePolicyDocument"],
                "Policies": {
                    name: iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
                    for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
                },
                "Tags": tags(iam.list_role_tags(RoleName=role["RoleName"])["Tags"]),
            }
            for role in roles
        ]
    }


def logs():
    groups = client("logs").describe_log_groups()["logGroups"]
    return {"log_groups": [pick(group, "logGroupName", "retentionInDays", "kmsKeyId") for group in groups]}


def edge():
    elb = client("elbv2")
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    arns = [balancer["LoadBalancerArn"] for balancer in balancers]
    described = elb.describe_tags(ResourceArns=arns)["TagDescriptions"] if arns else []
    marked = ours([{"Arn": it["ResourceArn"], "Tags": it["Tags"]} for it in described])
    balancers = [it for it in balancers if it["LoadBalancerArn"] in [its["Arn"] for its in marked]]
    return {
        "load_balancers": [
            pick(balancer, "LoadBalancerArn", "Scheme", "Type", "IpAddressType", "VpcId")
            | {
                "State": balancer["State"]["Code"],
                "Subnets": [zone["SubnetId"] for zone in balancer["AvailabilityZones"]],
                "SecurityGroups": balancer["SecurityGroups"],
                "Attributes": {
                    attribute["Key"]: attribute["Value"]
                    for attribute in elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])[
                        "Attributes"
                    ]
                },
                "Listeners": [
                    pick(listener, "ListenerArn", "Port", "Protocol", "SslPolicy")
                    | {
                        "Certificates": len(listener.get("Certificates", [])),
                        "DefaultActions": [
                            pick(action, "Type", "RedirectConfig", "FixedResponseConfig")
                            for action in listener["DefaultActions"]
                        ],
                    }
                    for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
                ],
            }
            for balancer in balancers
        ],
        "names": [
            pick(record, "Name", "Type")
            | {
                "Target": record["AliasTarget"]["DNSName"].removeprefix("dualstack.").rstrip("."),
                "EvaluateTargetHealth": record["AliasTarget"]["EvaluateTargetHealth"],
            }
            for record in records()
            if "AliasTarget" in record
        ],
    }


def records():
    route53 = client("route53")
    zones = [zone["Id"] for zone in route53.list_hosted_zones()["HostedZones"]]
    return [it for zone in zones for it in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]


def read():
    account = ec2() | s3() | kms() | rds() | secrets() | iam() | logs() | edge()
    json.dump({kind: items for kind, items in account.items() if items}, sys.stdout, indent=2)


def count():
    ec2, kms, rds, iam, elb = (client(service) for service in ("ec2", "kms", "rds", "iam", "elbv2"))
    tables = ec2.describe_route_tables()["RouteTables"]
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    arns = [balancer["LoadBalancerArn"] for balancer in balancers]
    listed = {
        "addresses": ec2.describe_addresses()["Addresses"],
        "aliases": [alias for alias in kms.list_aliases()["Aliases"] if not alias["AliasName"].startswith("alias/aws/")],
        "buckets": client("s3").list_buckets()["Buckets"],
        "certificates": client("acm").list_certificates()["CertificateSummaryList"],
        "database parameter groups": rds.describe_db_parameter_groups()["DBParameterGroups"],
        "database subnet groups": rds.describe_db_subnet_groups()["DBSubnetGroups"],
        "databases": rds.describe_db_instances()["DBInstances"],
        "egress-only gateways": ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"],
        "endpoints": alive(ec2.describe_vpc_endpoints()["VpcEndpoints"]),
        "internet gateways": ec2.describe_internet_gateways()["InternetGateways"],
        "keys": [key for key in keys if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"],
        "listeners": [it for arn in arns for it in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]],
        "load balancers": balancers,
        "log groups": client("logs").describe_log_groups()["logGroups"],
        "nat gateways": alive(ec2.describe_nat_gateways()["NatGateways"]),
        "records": records(),
        "role policies": [name for role in roles for name in iam.list_role_policies(RoleName=role)["PolicyNames"]],
        "roles": roles,
        "route table associations": [association for table in tables for association in table["Associations"]],
        "route tables": tables,
        "routes": [route for table in tables for route in table["Routes"]],
        "secrets": client("secretsmanager").list_secrets()["SecretList"],
        "security group rules": ec2.describe_security_group_rules()["SecurityGroupRules"],
        "security groups": ec2.describe_security_groups()["SecurityGroups"],
        "subnets": ec2.describe_subnets()["Subnets"],
        "vpcs": ec2.describe_vpcs()["Vpcs"],
        "zones": client("route53").list_hosted_zones()["HostedZones"],
    }
    json.dump({kind: len(items) for kind, items in listed.items()}, sys.stdout, indent=2)


def alive(items):
    return [item for item in items if item["State"] != "deleted"]


def tamper():
    ec2 = client("ec2")
    [vpc] = ours(ec2.describe_vpcs()["Vpcs"])
    ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsHostnames={"Value": False})
    logs = client("logs")
    logs.put_retention_policy(logGroupName="/checkout/prod/saleor", retentionInDays=1)
    kms = client("kms")
    kms.delete_alias(AliasName="alias/checkout-prod")
    s3 = client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if "static" in bucket["Name"]:
            s3.delete_bucket_policy(Bucket=bucket["Name"])


def password():
    manager = client("secretsmanager")
    [secret] = manager.list_secrets()["SecretList"]
    value = manager.get_secret_value(SecretId=secret["ARN"])["SecretString"]
    json.dump(json.loads(value)["password"], sys.stdout)


def another_account():
    role = "arn:aws:iam::111122223333:role/deploy"
    credentials = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    json.dump(pick(credentials, "AccessKeyId", "SecretAccessKey", "SessionToken"), sys.stdout)


ACTIONS = {"read": read, "count": count, "tamper": tamper, "password": password, "another-account": another_account}
ACTIONS[sys.argv[2]]()
