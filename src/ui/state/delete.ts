/** Deleting, which can always be taken back for a while. */
import type { Session } from './session.svelte';
import { attempt, sayWithUndo } from './toasts';

/** Deletes a dataset and offers to bring it back. Resolves to whether it is gone. */
export async function deleteDataset(session: Session, id: string, name: string): Promise<boolean> {
  const { datasets } = session.workbench;
  const done = await attempt(async () => {
    await datasets.remove(id);
    session.library.datasets.drop(id);
    return true;
  });
  if (done) sayWithUndo(`Deleted ${name}`, () => datasets.restore(id).then(() => session.library.datasets.load()));
  return done === true;
}

/** Deletes runs and offers to bring them back. Resolves to whether all are gone. */
export async function deleteRuns(session: Session, ids: readonly string[], title: string): Promise<boolean> {
  const { runs } = session.workbench;
  const gone: string[] = [];
  const done = await attempt(async () => {
    for (const id of ids) {
      await runs.remove(id);
      gone.push(id);
      session.library.runs.drop(id);
    }
    return true;
  });
  session.selection = session.selection.filter((id) => !gone.includes(id));
  if (gone.length > 0) {
    sayWithUndo(`Deleted ${title}`, async () => {
      for (const id of gone) await runs.restore(id);
      await session.library.runs.load();
    });
  }
  return done === true;
}

/** Deletes a study and offers to bring it back. Resolves to whether it is gone. */
export async function deleteStudy(session: Session, id: string, name: string): Promise<boolean> {
  const { studies } = session.workbench;
  const done = await attempt(async () => {
    await studies.remove(id);
    session.library.studies.drop(id);
    return true;
  });
  if (done) sayWithUndo(`Deleted ${name}`, () => studies.restore(id).then(() => session.library.studies.load()));
  return done === true;
}

/** Deletes an imported model and offers to bring it back. Resolves to whether it is gone. */
export async function deleteModel(session: Session, id: string, name: string): Promise<boolean> {
  const { models } = session.workbench;
  const done = await attempt(async () => {
    await models.remove(id);
    session.library.models.drop(id);
    return true;
  });
  if (done) sayWithUndo(`Deleted ${name}`, () => models.restore(id).then(() => session.library.models.load()));
  return done === true;
}

/** Deletes a version of a registered model of this browser, or (null) all of it, and offers to bring it back. */
export async function deleteRegistered(session: Session, model: string, version: string | null): Promise<boolean> {
  const { registry } = session.workbench;
  const done = await attempt(async () => {
    await registry.remove(model, version);
    return true;
  });
  const what = version === null ? model : `version ${version} of ${model}`;
  if (done) sayWithUndo(`Deleted ${what}`, () => registry.restore(model, version));
  return done === true;
}
