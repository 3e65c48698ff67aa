# Reads notifications (the files named on the command line) with Python's email package and prints what it found as JSON: an
# independent reader for what SpoolWorker writes.
import email
import email.policy
import json
import sys


def fields(part):
    return [[name, str(value)] for name, value in part.items()]


found = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.compat32)
    parts = message.get_payload()
    status = parts[1].get_payload()
    third = parts[2]
    if third.get_content_type() in ("message/rfc822", "message/global"):
        returned = third.get_payload(0).as_bytes().decode("latin-1")
        names = [name for name, _ in third.get_payload(0).items()]
    else:
        returned = third.get_payload(decode=True)
        returned = (returned if returned is not None else third.get_payload(0).as_bytes()).decode("latin-1")
        names = [line.split(":")[0] for line in returned.split("\n") if ":" in line and line[0] not in " \t"]
    # Python knows message/delivery-status only; what is global it leaves as text
    if isinstance(status, str) or parts[1].get_content_type() == "message/global-delivery-status":
        text = parts[1].as_bytes().split(b"\n\n", 1)[1].decode("utf-8")
        status = [email.message_from_string(group + "\n\n") for group in text.strip().split("\n\n")]
    found.append({
        "type": message.get_content_type(),
        "reportType": message.get_param("report-type"),
        "parts": [part.get_content_type() for part in parts],
        "charset": parts[0].get_content_charset(),
        "text": parts[0].get_payload(decode=True).decode(parts[0].get_content_charset()),
        "groups": [fields(group) for group in status],
        "headers": fields(message),
        "returnedNames": names,
        "returned": returned,
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
    })
json.dump(found, sys.stdout)
