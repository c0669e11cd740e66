/** The contract, generated from wire/src/main/proto. `npm run generate` makes src/gen. */
export { create, fromBinary, toBinary } from '@bufbuild/protobuf';
export type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
export * from './gen/crypho/v1/common_pb.ts';
export * from './gen/crypho/v1/account_pb.ts';
export * from './gen/crypho/v1/contact_pb.ts';
export * from './gen/crypho/v1/vault_pb.ts';
export * from './gen/crypho/v1/conversation_pb.ts';
export * from './gen/crypho/v1/frame_pb.ts';
export * from './gen/crypho/v1/content_pb.ts';
