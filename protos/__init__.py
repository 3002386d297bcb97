"""Wire contracts: the messages of Narupa's gRPC protocol, and the paths its services answer on.

The messages are Narupa's byte for byte. Their protobuf package is called ``atomtug.protocol`` so that
Narupa's or NanoVer's own stubs can be imported beside ours (protobuf refuses two definitions of one name);
the package is no part of the bytes. It is part of a service's path, and the server answers on both of the
paths in the field, and on that of stubs made from these files: see :data:`PACKAGE_ROOTS`.
"""

from atomtug.protos.services import NARUPA_ROOT, PACKAGE_ROOTS, SERVICES, Rpc, rpc_path

__all__ = ["NARUPA_ROOT", "PACKAGE_ROOTS", "SERVICES", "Rpc", "rpc_path"]
