package crypho.server.rpc;

import com.google.protobuf.Message;

/// One method of a service. Runs on a virtual thread and may block.
///
/// @param <Q> request
/// @param <A> response
@FunctionalInterface
public interface RpcMethod<Q extends Message, A extends Message> {
  /// @throws RpcException for the errors that any call may give
  A answer(Call call, Q request);
}
