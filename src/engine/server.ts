import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import {
  AnswerNowParams,
  AnswerNowRequest,
  CountParams,
  CountRequest,
  GenerateRequest,
  GenerationEventsNotification,
  InspectParams,
  InspectRequest,
  LoadParams,
  LoadProgressNotification,
  LoadRequest,
  PlanParams,
  PlanRequest,
  ReleaseParams,
  ReleaseRequest,
  StateRequest,
  TokenizeParams,
  TokenizeRequest,
  UnloadRequest,
} from '../protocol/engine.ts';
import { GenerateParams } from '../protocol/generation.ts';
import {
  AnswersParams,
  AnswersRequest,
  ExpertsParams,
  ExpertsRequest,
  ExpertTokensParams,
  ExpertTokensRequest,
  KvParams,
  KvRequest,
  MemoryParams,
  MemoryRequest,
  RecordsChangedNotification,
  RoutingParams,
  RoutingRequest,
  TextParams,
  TextRequest,
  WatchRecordsParams,
  WatchRecordsRequest,
} from '../protocol/records.ts';
import type { Engine } from './engine.ts';
import { EventBatch } from './eventBatch.ts';
import { parseParams } from './parseParams.ts';
import { RecordWatch } from './records/recordWatch.ts';
import { toResponseError } from './rpcError.ts';

/**
 * Serves an engine's requests on a connection. Parameters are validated here and nowhere else.
 * @param now milliseconds on the machine's steady clock, which whoever receives events reads, too
 */
export function serve(engine: Engine, connection: MessageConnection, now: () => number): void {
  connection.onRequest(InspectRequest, (params) =>
    respond(() => engine.inspect(parseParams(InspectParams, params, InspectRequest.method))),
  );
  connection.onRequest(PlanRequest, (params) =>
    respond(() => engine.plan(parseParams(PlanParams, params, PlanRequest.method))),
  );
  connection.onRequest(LoadRequest, (params, token) =>
    respond(() =>
      engine.load(parseParams(LoadParams, params, LoadRequest.method), {
        signal: signalOf(token),
        onProgress: (progress) => void connection.sendNotification(LoadProgressNotification, progress),
      }),
    ),
  );
  connection.onRequest(UnloadRequest, (token) =>
    respond(async () => {
      await engine.unload(signalOf(token));
      return null;
    }),
  );
  connection.onRequest(TokenizeRequest, (params) =>
    respond(() => engine.tokenize(parseParams(TokenizeParams, params, TokenizeRequest.method))),
  );
  connection.onRequest(CountRequest, (params) =>
    respond(() => engine.count(parseParams(CountParams, params, CountRequest.method))),
  );
  connection.onRequest(GenerateRequest, (params, token) =>
    respond(async () => {
      const parsed = parseParams(GenerateParams, params, GenerateRequest.method);
      const { requestId } = parsed;
      let sendingMs = 0;
      const batch = new EventBatch((events, wait) => {
        const atMs = now();
        const sent = { ...wait, atMs, sendingMs };
        void connection.sendNotification(GenerationEventsNotification, { requestId, events, sent });
        sendingMs += now() - atMs;
      }, now);
      try {
        return await engine.generate(parsed, { signal: signalOf(token), emit: (event) => batch.push(event) });
      } finally {
        // Before the response, so that a receiver has every event when the promise resolves.
        batch.flush();
      }
    }),
  );
  connection.onRequest(AnswerNowRequest, (params) =>
    respond(async () =>
      engine.answerNow(parseParams(AnswerNowParams, params, AnswerNowRequest.method).requestId),
    ),
  );
  connection.onRequest(ReleaseRequest, (params) =>
    respond(async () => {
      await engine.release(parseParams(ReleaseParams, params, ReleaseRequest.method).conversationId);
      return null;
    }),
  );
  connection.onRequest(StateRequest, () => respond(async () => engine.state()));
  serveRecords(engine, connection, now);
}

function serveRecords(engine: Engine, connection: MessageConnection, now: () => number): void {
  connection.onRequest(RoutingRequest, (params) =>
    respond(() => engine.routing(parseParams(RoutingParams, params, RoutingRequest.method))),
  );
  connection.onRequest(ExpertsRequest, (params) =>
    respond(() => engine.experts(parseParams(ExpertsParams, params, ExpertsRequest.method))),
  );
  connection.onRequest(KvRequest, (params) =>
    respond(() => engine.kv(parseParams(KvParams, params, KvRequest.method))),
  );
  connection.onRequest(ExpertTokensRequest, (params) =>
    respond(() => engine.expertTokens(parseParams(ExpertTokensParams, params, ExpertTokensRequest.method))),
  );
  connection.onRequest(TextRequest, (params) =>
    respond(() => engine.text(parseParams(TextParams, params, TextRequest.method))),
  );
  connection.onRequest(AnswersRequest, (params) =>
    respond(() => engine.answers(parseParams(AnswersParams, params, AnswersRequest.method))),
  );
  connection.onRequest(MemoryRequest, (params) =>
    respond(() => engine.memory(parseParams(MemoryParams, params, MemoryRequest.method))),
  );
  const watch = new RecordWatch(
    (conversationId) =>
      void connection.sendNotification(RecordsChangedNotification, engine.recordsChanged(conversationId)),
    now,
  );
  engine.onRecordChange((conversationId) => watch.changed(conversationId));
  connection.onRequest(WatchRecordsRequest, (params) =>
    respond(async () => {
      const parsed = parseParams(WatchRecordsParams, params, WatchRecordsRequest.method);
      if (parsed.watch) watch.watch(parsed.conversationId);
      else watch.unwatch(parsed.conversationId);
      return null;
    }),
  );
}

async function respond<R>(answer: () => Promise<R>): Promise<R> {
  try {
    return await answer();
  } catch (thrown) {
    // vscode-jsonrpc sends a thrown ResponseError as it is.
    throw toResponseError(thrown);
  }
}

function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
