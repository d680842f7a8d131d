"""Services straight from the protobuf descriptors of flyteidl2, so that a request counts only if it parses as the real message."""

import re

import protovalidate
from connectrpc.code import Code
from connectrpc.compat import google_protobuf_codecs
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf import descriptor_pb2, message_factory

STRICT = False


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def check(request):
    """A strict server (the closed one) validates; the open one does not."""
    if not STRICT:
        return
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        words = "; ".join(
            f"{v.proto.field.elements[-1].field_name if v.proto.field.elements else ''}: {v.proto.message}" for v in error.violations
        )
        raise ConnectError(Code.INVALID_ARGUMENT, "validation error: " + words) from error


def unary(name, function):
    async def call(request, ctx):
        check(request)
        if function is None:
            raise ConnectError(Code.UNIMPLEMENTED, f"{name} is not implemented")
        return await function(request, ctx)

    return call


def stream(name, function):
    async def call(request, ctx):
        check(request)
        if function is None:
            raise ConnectError(Code.UNIMPLEMENTED, f"{name} is not implemented")
        async for message in function(request, ctx):
            yield message

    return call


def mount(module, service, implementation):
    """An ASGI application for one service; a method that the implementation lacks is unimplemented. Gives its path and itself."""
    described = module.DESCRIPTOR.services_by_name[service]

    def endpoints(_):
        out = {}
        for method in described.methods:
            if method.client_streaming:
                continue
            full = f"{described.full_name}.{method.name}"
            function = getattr(implementation, snake(method.name), None)
            is_read = method.GetOptions().idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
            info = MethodInfo(
                name=method.name,
                service_name=described.full_name,
                input=message_factory.GetMessageClass(method.input_type),
                output=message_factory.GetMessageClass(method.output_type),
                idempotency_level=IdempotencyLevel.NO_SIDE_EFFECTS if is_read else IdempotencyLevel.UNKNOWN,
                stream_type=StreamType.SERVER_STREAM if method.server_streaming else StreamType.UNARY,
            )
            make, wrap = (Endpoint.server_stream, stream) if method.server_streaming else (Endpoint.unary, unary)
            out[f"/{described.full_name}/{method.name}"] = make(method=info, function=wrap(full, function))
        return out

    path = "/" + described.full_name
    app = type(service, (ConnectASGIApplication,), {"path": path})
    return path, app(service=implementation, endpoints=endpoints, codecs=google_protobuf_codecs())
