"""`audit_events.py FILE`: checks that each line is an event of CADF by OpenStack's own library, and prints what it says."""
import json
import sys
import warnings

from pycadf import attachment, event, reason, resource

warnings.simplefilter("ignore")


def part(shown):
    return resource.Resource(id=shown["id"], typeURI=shown["typeURI"], name=shown.get("name"))


for line in open(sys.argv[1]):
    shown = json.loads(line)
    parts = {name: part(shown[name]) for name in ("initiator", "target", "observer")}
    if "reason" in shown:
        parts["reason"] = reason.Reason(**shown["reason"])
    fields = ("eventType", "id", "eventTime", "action", "outcome")
    made = event.Event(**{name: shown[name] for name in fields}, **parts)
    for more in shown.get("attachments", []):
        made.add_attachment(attachment.Attachment(**more))
    assert made.is_valid() and shown["typeURI"] == event.TYPE_URI_EVENT, line
    status = shown.get("reason", {}).get("reasonCode", "-")
    print(shown["action"], shown["outcome"], status, shown["initiator"]["id"], shown["target"]["id"])
