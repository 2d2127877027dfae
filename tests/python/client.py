"""A client that knows nothing of Seatkeeper but its .proto files.

Usage: client.py PROTO-FOLDER ADDRESS FEATURE VERSION

Stock grpcio-tools makes its code; it opens a session, checks out, sends a heartbeat and checks in,
first on the stream, then with one call each. It prints a line a step and ends with status 0, or says
what was not as the .proto files promise.
"""

import importlib
import os
import queue
import sys
import tempfile

DEADLINE_S = 30


def generate(proto_folder):
    """Makes the client's code in a folder of its own, and loads it."""
    from grpc_tools import protoc

    out = tempfile.mkdtemp(prefix="seatkeeper-python-")
    name = os.path.join("seatkeeper", "v1", "session.proto")
    arguments = ["protoc", f"-I{proto_folder}", f"--python_out={out}", f"--grpc_python_out={out}", name]
    if protoc.main(arguments) != 0:
        sys.exit("protoc refuses the .proto files")
    sys.path.insert(0, out)
    return (
        importlib.import_module("seatkeeper.v1.session_pb2"),
        importlib.import_module("seatkeeper.v1.session_pb2_grpc"),
    )


def hello(pb, application):
    return pb.Hello(
        protocol=1,
        user="ada",
        host="ws-python",
        display=":0",
        application=application,
        pid=os.getpid(),
        cpu_id="02aa10200001",
        nonce=os.urandom(32),
    )


def expect(reply, kind):
    """The content of a reply that must be of this kind."""
    found = reply.WhichOneof("kind")
    if found != kind:
        sys.exit(f"expected {kind}, and the answer is: {reply}")
    return getattr(reply, kind)


def use_stream(pb, stub, feature, version):
    commands = queue.Queue()
    answers = stub.Session(iter(commands.get, None), timeout=DEADLINE_S)

    def ask(request_id, session=0, **kind):
        command = pb.Command(request_id=request_id, session=session, **kind)
        commands.put(pb.ClientMessage(commands=[command]))
        replies = list(next(answers).replies)
        if [reply.request_id for reply in replies] != [request_id]:
            sys.exit(f"one answer was due, to request {request_id}, and these came: {replies}")
        return replies[0]

    welcome = expect(ask(1, hello=hello(pb, "stream")), "welcome")
    session = welcome.session
    if not (session and welcome.token and welcome.timeout_ms and len(welcome.host_proof) == 64):
        sys.exit(f"the welcome is incomplete: {welcome}")
    granted = expect(ask(2, session, checkout=pb.Checkout(feature=feature, version=version, seats=2)), "granted")
    if (granted.seats, granted.pool.feature) != (2, feature) or len(granted.line.signature) != 64:
        sys.exit(f"the grant is incomplete: {granted}")
    again = expect(ask(2, session, checkout=pb.Checkout(feature=feature, version=version, seats=2)), "granted")
    if again.grant != granted.grant:
        sys.exit(f"the same request gave two grants: {granted.grant} and {again.grant}")
    expect(ask(3, session, heartbeat=pb.Heartbeat()), "alive")
    in_use = [pool.in_use for pool in stub.Status(pb.StatusRequest(feature=feature), timeout=DEADLINE_S).pools]
    if in_use != [2]:
        sys.exit(f"two seats are in use, and the status says {in_use}")
    expect(ask(4, session, checkin=pb.Checkin(grant=granted.grant)), "returned")
    denied = expect(ask(5, session, checkout=pb.Checkout(feature="NO_SUCH", version=version)), "denied")
    if denied.code != -5:
        sys.exit(f"an unknown feature is denied with -5: {denied}")
    expect(ask(6, session, goodbye=pb.Goodbye()), "closed")
    commands.put(None)
    print("stream: opened, checked out, alive, checked in, closed")


def use_calls(pb, stub, feature, version):
    welcome = expect(stub.Open(hello(pb, "calls"), timeout=DEADLINE_S), "welcome")
    session = pb.SessionToken(session=welcome.session, token=welcome.token)

    checkout = pb.CheckoutCall(session=session, request_id=1, checkout=pb.Checkout(feature=feature, version=version))
    granted = expect(stub.Checkout(checkout, timeout=DEADLINE_S), "granted")
    expect(stub.Heartbeat(pb.SessionCall(session=session, request_id=2), timeout=DEADLINE_S), "alive")
    checkin = pb.CheckinCall(session=session, request_id=3, checkin=pb.Checkin(grant=granted.grant))
    expect(stub.Checkin(checkin, timeout=DEADLINE_S), "returned")
    expect(stub.Close(pb.SessionCall(session=session, request_id=4), timeout=DEADLINE_S), "closed")
    print("calls: opened, checked out, alive, checked in, closed")


def main():
    proto_folder, address, feature, version = sys.argv[1:]
    import grpc

    pb, services = generate(proto_folder)
    with grpc.insecure_channel(address) as channel:
        stub = services.SeatsStub(channel)
        use_stream(pb, stub, feature, version)
        use_calls(pb, stub, feature, version)


if __name__ == "__main__":
    main()
