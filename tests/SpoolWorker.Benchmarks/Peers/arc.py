# dkimpy's share of the benchmark `arc`: arc.py SECONDS FOLDER SELECTOR DOMAIN ADMD; prints "what microseconds-of-CPU" a line.
import os, resource, sys
import dkim

seconds, folder = float(sys.argv[1]), sys.argv[2]
selector, domain, admd = [a.encode() for a in sys.argv[3:6]]


def read(name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


record, key = read("record.txt"), read("key.pem")


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(what, work):
    work()
    start, count = cpu(), 0
    while cpu() - start < seconds:
        work()
        count += 1
    print(what, (cpu() - start) / count * 1e6)


def verify(message):
    state, _, reason = dkim.ARC(message).verify(dnsfunc=lambda name, timeout=5: record)
    assert state == b"pass", reason


def seal(message):
    sealer = dkim.ARC(message)
    assert sealer.sign(selector, domain, key, admd, include_headers=sealer.default_sign_headers())


one, three, plain = read("one.eml"), read("three.eml"), read("plain.eml")
measure("verify-1", lambda: verify(one))
measure("verify-3", lambda: verify(three))
measure("seal", lambda: seal(plain))
