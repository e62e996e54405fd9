import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../src/config/parse';

const problems = (document: unknown): string[] => {
  const result = checkConfig(document);
  return result.ok ? [] : result.problems.map(({ message }) => message);
};

const uri = (tracking_uri: string): string[] => problems({ registry: { mlflow: { tracking_uri } } });

describe('tracking settings', () => {
  it('take addresses of servers, and the registry of the page', () => {
    for (const address of ['http://localhost:5000', 'https://mlflow.example.org/team', 'local'])
      expect(uri(address)).toEqual([]);
  });

  it.each([
    ['postgresql://me:secret@db/mlflow', 'mlflow server --backend-store-uri "postgresql://me:***@db/mlflow"'],
    ['sqlite:///mlflow.db', 'mlflow server --backend-store-uri "sqlite:///mlflow.db"'],
    ['./mlruns', 'mlflow server --backend-store-uri "sqlite:///./mlruns/mlflow.db"'],
    ['databricks', 'mlflow server'],
  ])('refuse %s with the command that starts a server on it', (address, command) => {
    const [problem] = uri(address);
    expect(problem).toContain('registry.mlflow.tracking_uri');
    expect(problem).toContain(command);
    expect(problem).toContain('http://localhost:5000');
    expect(problem).not.toContain('secret');
  });

  it('hold no passwords', () => {
    const [problem] = uri('https://me:secret@mlflow.example.org');
    expect(problem).toContain('a password');
    expect(problem).not.toContain('secret');
  });

  it('must fit each other', () => {
    expect(problems({ logging: { mlflow: { enabled: true } } })[0]).toContain('registry.mlflow.tracking_uri');
    expect(problems({ registry: { mlflow: { tracking_uri: 'local', alias: 'best' } } })[0]).toContain('model_name');
    const reserved = { tracking_uri: 'local', model_name: 'digits', alias: 'v3' };
    expect(problems({ registry: { mlflow: reserved } })[0]).toContain('registry.mlflow.alias is "v3": it is kept for');
    const split = { tracking_uri: 'local', model_name: 'team/digits' };
    expect(problems({ registry: { mlflow: split } })[0]).toContain('registry.mlflow.model_name is "team/digits"');
    expect(problems({ logging: { wandb: { base_url: 'wandb.example.org' } } })[0]).toContain('an http(s) address');
  });
});
