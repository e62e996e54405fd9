import { describe, expect, it } from 'vitest';
import { DeliveryError, type Http } from '../../../../../src/tracking/http/http';
import { mlflow } from '../../../../../src/tracking/trackers/mlflow/tracker';
import { MlflowClient } from '../../../../../src/tracking/trackers/mlflow/client';
import { explain } from '../../../../../src/tracking/trackers/mlflow/errors';

const BASE = 'http://mlflow.test:5000';
const explained = (error: DeliveryError): unknown => explain(error, 'logging', BASE, 'https://lathe.example');
const refusal = (error_code: string, message: string, status = 400): DeliveryError =>
  new DeliveryError(status === 404 ? 'not_found' : 'refused', 'Refused.', {
    status,
    body: JSON.stringify({ error_code, message }),
    retryAfter: 7,
  });

describe('what MLflow refuses', () => {
  it.each([
    ['RESOURCE_DOES_NOT_EXIST', 'Run with id=1 not found', 'not_found', /did not find.*“Run with id=1 not found”/],
    ['RESOURCE_ALREADY_EXISTS', 'It exists.', 'refused', /is there already: “It exists”\./],
    ['INVALID_PARAMETER_VALUE', 'Bad name.', 'refused', /did not accept the request: “Bad name”\./],
    ['INVALID_PARAMETER_VALUE', 'can contain at most 1000 metrics', 'too_large', /did not accept/],
    ['INVALID_PARAMETER_VALUE', "must be in the 'active' state. Current state is deleted", 'refused', /restore it/],
    ['INVALID_PARAMETER_VALUE', 'Changing param values is not allowed', 'refused', /other settings/],
    ['RESOURCE_EXHAUSTED', '', 'too_many', /wants fewer requests/],
    ['RESOURCE_LIMIT_EXCEEDED', '', 'quota', /takes no more/],
    ['PERMISSION_DENIED', '', 'forbidden', /does not allow/],
    ['UNAUTHENTICATED', '', 'unauthorized', /Settings, Tracking/],
    ['INTERNAL_ERROR', '(sqlite3.OperationalError) database or disk is full', 'quota', /database or disk is full/],
    ['BAD_REQUEST', 'database is locked', 'server', /database is locked/],
    ['TEMPORARILY_UNAVAILABLE', '', 'server', /Its own log says more/],
  ])('is a sentence and a code: %s, %s', (code, message, expected, sentence) => {
    expect(explained(refusal(code, message))).toMatchObject({
      code: expected,
      errorCode: code,
      retryAfter: 7,
      message: expect.stringMatching(sentence),
    });
  });

  it('is read from an answer that was cut', () => {
    const { body } = refusal('INVALID_PARAMETER_VALUE', `Changing param values ${'x'.repeat(5000)}`);
    const error = new DeliveryError('refused', 'Refused.', { status: 400, body: body.slice(0, 2000) });
    expect(explained(error)).toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE', code: 'refused' });
  });

  it('names the option that lets this page, this name or files in', () => {
    const plain = (status: number, body: string) => explained(new DeliveryError('forbidden', 'No.', { status, body }));
    expect(plain(403, 'Cross-origin request blocked')).toMatchObject({
      code: 'cors',
      message: expect.stringContaining('mlflow server --cors-allowed-origins https://lathe.example'),
    });
    expect(explained(new DeliveryError('cors', 'Not readable.'))).toMatchObject({
      code: 'cors',
      message: expect.stringContaining('--cors-allowed-origins https://lathe.example'),
    });
    expect(plain(403, 'Invalid Host header - possible DNS rebinding attack detected')).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('mlflow server --allowed-hosts mlflow.test:5000'),
    });
    expect(plain(503, '{"detail":"Run `mlflow server` with `--serve-artifacts` to enable."}')).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('mlflow server --serve-artifacts'),
    });
  });

  it('leaves alone what did not come from it', () => {
    const error = new DeliveryError('unauthorized', 'Who are you?', { status: 401, body: 'Not authenticated.' });
    expect(explained(error)).toBe(error);
    const other = new TypeError('A defect.');
    expect(explain(other, 'logging', BASE, null)).toBe(other);
  });
});

describe('a server that is none of MLflow', () => {
  const answering = (response: () => Response): Http => ({ credential: () => null, request: async () => response() });

  it('is told as that', async () => {
    const options = { url: BASE, experiment: 'e', model_name: null, alias: null };
    const page = mlflow.connect(
      options,
      answering(() => new Response('<html>')),
    );
    await expect(page.check()).rejects.toMatchObject({ code: 'answer', message: expect.stringContaining(BASE) });
    const client = new MlflowClient(
      BASE,
      answering(() => Response.json({ run: 5 })),
    );
    await expect(client.getRun('a')).rejects.toMatchObject({ code: 'answer' });
  });

  it('gets no files where their place is not the server itself', async () => {
    const client = new MlflowClient(
      BASE,
      answering(() => new Response()),
    );
    for (const uri of ['s3://bucket/1/a/artifacts', '/home/me/mlruns/1', '', 'file:///a']) {
      await expect(client.putArtifact(uri, 'a.txt', new Blob(['a']), '')).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('mlflow server --serve-artifacts'),
      });
    }
  });
});
