# Reads Authentication-Results lines, a JSON string a line, and prints what authres finds: [[id], [method, result, reason, values...], ...]
import json
import sys

import authres

for line in sys.stdin:
    field = authres.AuthenticationResultsHeader.parse(json.loads(line).rstrip("\n"))
    found = [[field.authserv_id]]
    for result in field.results:
        found.append([result.method, result.result, result.reason] + [p.value for p in result.properties])
    print(json.dumps(found))
