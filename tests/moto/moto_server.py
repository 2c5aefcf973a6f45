"""moto_server, with what it gets wrong about AWS put right.

A handler is written for AWS and never bent to an emulator's fault, so the faults that our tests
meet are mended here instead. Each patch names the fault; all were seen in moto 5.2.5. Takes the
arguments of moto_server.
"""

import json
import threading
from functools import wraps

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.responses import DynamoHandler
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses import EC2Response
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.rds.models import DBInstance
from moto.route53.exceptions import ResourceRecordAlreadyExists, Route53ClientError
from moto.route53.models import ChangeList, FakeZone, Route53Backend
from moto.s3.responses import S3Response
from moto.server import main


def ipv6_cidr_block_association_set(self):
    """The state is a text, where moto gives the text of a Python dictionary."""
    return [
        {
            "ipv6CidrBlock": association["ipv6CidrBlock"],
            "associationId": association["associationId"],
            "ipv6CidrBlockState": {"state": association["ipv6CidrBlockState"]["State"]},
        }
        for association in self.ipv6_cidr_block_associations.values()
        if association["ipv6CidrBlockState"]["State"] == "associated"
    ]


Subnet.ipv6_cidr_block_association_set = property(ipv6_cidr_block_association_set)


def remember_performance_insights(method):
    """Performance insights are described, where moto takes the parameters and forgets them."""

    def patched(self, *args, **parameters):
        method(self, *args, **parameters)
        if "enable_performance_insights" in parameters:
            self.performance_insights_enabled = parameters["enable_performance_insights"]
        if "performance_insights_kms_key_id" in parameters:
            self.performance_insights_kms_key_id = parameters["performance_insights_kms_key_id"]

    return patched


DBInstance.__init__ = remember_performance_insights(DBInstance.__init__)
DBInstance.update = remember_performance_insights(DBInstance.update)


def one_at_a_time(method, turn):
    """A condition and the write that it is for are one, where moto lets other threads in between."""

    def patched(self, *args, **parameters):
        with turn:
            return method(self, *args, **parameters)

    return patched


for handler, methods in [(S3Response, ["put_object", "delete_object"]), (DynamoHandler, ["put_item", "delete_item"])]:
    turn = threading.RLock()
    for name in methods:
        setattr(handler, name, one_at_a_time(getattr(handler, name), turn))


def honour_client_token(method):
    """A repeated ClientToken gives what the first call has made, where moto makes another one.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    """
    lock = threading.Lock()

    @wraps(method)
    def patched(self):
        token = self._get_param("ClientToken")
        if token is None:
            return method(self)
        with lock:
            # A reset empties all that the backend has.
            answers = self.ec2_backend.__dict__.setdefault("answers_by_token", {})
            call = (method.__name__, token)
            if call not in answers:
                answers[call] = method(self)
            return answers[call]

    return patched


for name in ("create_egress_only_internet_gateway", "create_nat_gateway", "create_route_table", "create_vpc_endpoint"):
    setattr(EC2Response, name, honour_client_token(getattr(EC2Response, name)))


def let_go_of_the_address(method):
    """A NAT gateway that is deleted lets go of its addresses, where moto's keeps them for ever.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html#nat-gateway-deleting
    """

    @wraps(method)
    def patched(self, nat_gateway_id):
        gateway = method(self, nat_gateway_id)
        for address in self.addresses:
            if address.eni is gateway._eni:
                self.disassociate_address(address=address.public_ip)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    return patched


NatGatewayBackend.delete_nat_gateway = let_go_of_the_address(NatGatewayBackend.delete_nat_gateway)


def judge_changes_by_the_records(method):
    """A change of a record is judged by the records there are, where moto judges it by its history.

    moto refuses the CREATE of a record that is deleted and once had the same values, as soon as any
    record sorts behind it; it makes a second record where one has the name with other values; it
    deletes what is gone, or has other values than the request repeats; and with a record that has a
    set identifier it deletes those of other names that have the same one.
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    """

    def key(record_set):
        return record_set["Name"].strip(".").lower(), record_set["Type"], record_set.get("SetIdentifier")

    def key_of(record):
        return record.name.strip(".").lower(), record.type, record.set_identifier

    def values(ttl, texts, target):
        alias = target and (
            target["DNSName"].strip(".").lower(),
            target["HostedZoneId"],
            str(target.get("EvaluateTargetHealth", False)).lower(),
        )
        return str(ttl or ""), sorted(texts or []), alias or None

    def values_of(record_set):
        texts = [record["Value"] for record in record_set.get("ResourceRecords") or []]
        return values(record_set.get("TTL"), texts, record_set.get("AliasTarget"))

    @wraps(method)
    def patched(self, zoneid, change_list):
        zone = self.get_hosted_zone(zoneid)
        present = {key_of(it): values(it.ttl, it.records, it.alias_target) for it in zone.rrsets}
        for change in change_list:
            record_set = change["ResourceRecordSet"]
            name, kind = record_set["Name"].strip(".") + ".", record_set["Type"]
            if change["Action"] == "DELETE":
                what = f"Tried to delete resource record set [name='{name}', type='{kind}'"
                if record_set.get("SetIdentifier"):
                    what += f", set-identifier='{record_set['SetIdentifier']}'"
                if key(record_set) not in present:
                    raise Route53ClientError("InvalidChangeBatch", f"[{what}] but it was not found]")
                if present.pop(key(record_set)) != values_of(record_set):
                    reason = "but the values provided do not match the current values"
                    raise Route53ClientError("InvalidChangeBatch", f"[{what}] {reason}]")
            elif change["Action"] == "CREATE" and key(record_set) in present:
                raise ResourceRecordAlreadyExists(name=name, _type=kind)
            else:
                present[key(record_set)] = values_of(record_set)
        # moto never compares an UPSERT with its history.
        for change in zone.rr_changes:
            if change["Action"] == "CREATE":
                change["Action"] = "UPSERT"
        before = zone.rrsets
        gone = {key(change["ResourceRecordSet"]) for change in change_list if change["Action"] == "DELETE"}
        zone.rrsets = [it for it in before if key_of(it) not in gone]
        try:
            return method(self, zoneid, change_list)
        except Exception:
            zone.rrsets = before
            raise

    return patched


# The deletions are judged and made above.
ChangeList.has_insert_or_update = lambda self, _: True
FakeZone.delete_rrset = FakeZone.delete_rrset_by_id = lambda self, _: None
Route53Backend.change_resource_record_sets = judge_changes_by_the_records(Route53Backend.change_resource_record_sets)


def keep_what_a_service_is_made_with(method):
    """A new service is described with its settings, where moto keeps those of an update alone.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    """
    forgotten = (
        "availabilityZoneRebalancing",
        "deploymentConfiguration",
        "enableECSManagedTags",
        "enableExecuteCommand",
        "healthCheckGracePeriodSeconds",
        "placementConstraints",
        "placementStrategy",
    )

    @wraps(method)
    def patched(self):
        answer = method(self)
        for name in forgotten:
            value = self._get_param(name)
            if value is not None:
                setattr(answer.result["service"], camelcase_to_underscores(name), value)
        return answer

    return patched


EC2ContainerServiceResponse.create_service = keep_what_a_service_is_made_with(
    EC2ContainerServiceResponse.create_service
)


def tag_scalable_targets(response):
    """A scalable target has tags, where moto forgets them.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ListTagsForResource.html
    """
    register = response.register_scalable_target

    def targets(self):
        return [it for kind in self.applicationautoscaling_backend.targets.values() for it in kind.values()]

    def tags_of(self):
        arn = self._get_param("ResourceARN")
        found = [it for it in targets(self) if it.arn == arn]
        if not found:
            raise JsonRESTError("ResourceNotFoundException", f"The scalable target {arn} does not exist")
        return found[0].__dict__.setdefault("tags", {})

    def register_scalable_target(self):
        answer = register(self)
        arn = json.loads(answer)["ScalableTargetARN"]
        for target in targets(self):
            if target.arn == arn:
                target.__dict__.setdefault("tags", {}).update(self._get_param("Tags") or {})
        return answer

    def list_tags_for_resource(self):
        return json.dumps({"Tags": tags_of(self)})

    def tag_resource(self):
        tags_of(self).update(self._get_param("Tags"))
        return json.dumps({})

    def untag_resource(self):
        tags = tags_of(self)
        for key in self._get_param("TagKeys"):
            tags.pop(key, None)
        return json.dumps({})

    for method in (
        register_scalable_target,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
    ):
        setattr(response, method.__name__, method)


tag_scalable_targets(ApplicationAutoScalingResponse)


def keep_the_arn(method):
    """A policy that is put again stays the one that it is, where moto makes another one.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
    """

    @wraps(method)
    def patched(self, *args, **parameters):
        before = {key: policy.policy_arn for key, policy in self.policies.items()}
        policy = method(self, *args, **parameters)
        for key, current in self.policies.items():
            if current is policy and key in before:
                policy.policy_arn = before[key]
        return policy

    return patched


ApplicationAutoscalingBackend.put_scaling_policy = keep_the_arn(ApplicationAutoscalingBackend.put_scaling_policy)


def miss_what_is_not_there(method):
    """What does not exist is not found, where moto calls the request invalid.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeleteScalingPolicy.html
    """

    @wraps(method)
    def patched(self, *args, **parameters):
        try:
            return method(self, *args, **parameters)
        except Exception as error:
            message = getattr(error, "message", str(error))
            if message.startswith("No scal"):
                raise JsonRESTError("ObjectNotFoundException", message) from error
            raise

    return patched


for name in ("deregister_scalable_target", "delete_scaling_policy"):
    method = getattr(ApplicationAutoscalingBackend, name)
    setattr(ApplicationAutoscalingBackend, name, miss_what_is_not_there(method))

if __name__ == "__main__":
    main()
