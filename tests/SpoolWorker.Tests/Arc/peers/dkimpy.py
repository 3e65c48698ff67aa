# dkimpy as a peer: works on every *.eml of a directory, with keys from the DNS server on 127.0.0.1.
#   dkimpy.py verify PORT DIR                                        prints "name state reason" a line
#   dkimpy.py seal PORT DIR SELECTOR DOMAIN KEY ADMD ALGORITHM C     puts a set on each message, in place
# dkimpy's ARC has RSA and relaxed/relaxed only; Ed25519 and other c= for the message signature are lent from its DKIM.
import base64, glob, hashlib, os, sys
import dns.resolver
import dkim
from dkim.canonicalization import CanonicalizationPolicy

mode, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = ["127.0.0.1"], port
dkim.ARC_HASH_ALGORITHMS = {b"rsa-sha256": hashlib.sha256, b"ed25519-sha256": hashlib.sha256}


def txt(name, timeout=5):
    try:
        answer = resolver.resolve(name.decode() if isinstance(name, bytes) else name, "TXT", lifetime=timeout)
        return b"".join(answer[0].strings)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None


class Sealer(dkim.ARC):
    form = b"relaxed/relaxed"

    def gen_header(self, fields, include_headers, policy, name, pk, standardize=False):
        if name == b"ARC-Message-Signature" and self.form != b"relaxed/relaxed":
            policy = CanonicalizationPolicy.from_c_value(self.form)
            body = base64.b64encode(hashlib.sha256(policy.canonicalize_body(self.body)).digest())
            fields[:] = [(k, self.form if k == b"c" else body if k == b"bh" else v) for k, v in fields]
        return dkim.ARC.gen_header(self, fields, include_headers, policy, name, pk, standardize)


for path in sorted(glob.glob(os.path.join(folder, "*.eml"))):
    with open(path, "rb") as f:
        message = f.read()
    if mode == "verify":
        try:
            state, _, reason = dkim.ARC(message).verify(dnsfunc=txt)
        except Exception as e:
            # It throws at some malformed messages.
            state, reason = b"error", type(e).__name__
        print(os.path.basename(path), (state or b"closed").decode(), reason)
        continue
    selector, domain, keyfile, admd, algorithm, form = [a.encode() for a in sys.argv[4:10]]
    with open(keyfile, "rb") as f:
        key = f.read()
    if algorithm == b"ed25519-sha256":
        import nacl.encoding, nacl.signing
        dkim.parse_pem_private_key = lambda k: nacl.signing.SigningKey(k.strip(), encoder=nacl.encoding.Base64Encoder)
    sealer = Sealer(message, signature_algorithm=algorithm)
    sealer.form = form
    lines = sealer.sign(selector, domain, key, admd, include_headers=sealer.default_sign_headers())
    if not lines:
        sys.exit("dkimpy made no set for " + path)
    with open(path, "wb") as f:
        f.write(b"".join(lines) + message)
