/** Every view of a study: a line each. A view is a component that takes `ViewProps`. */
import type { Component } from 'svelte';
import type { StudyRow } from '../../../store/study';
import Distribution from './charts/Distribution.svelte';
import History from './charts/History.svelte';
import Intermediate from './charts/Intermediate.svelte';
import Timeline from './charts/Timeline.svelte';
import type { ViewProps } from './charts/view';

/** One view. */
export interface StudyView {
  id: string;
  title: string;
  component: Component<ViewProps>;
  /** The tab on which it stands: how the search goes, or what the parameters do. */
  tab: 'overview' | 'parameters';
  /** It takes a whole line. */
  wide?: boolean;
  /** Whether it has anything to say of the study; always where it is left out. */
  applies?: (study: StudyRow) => boolean;
}

/** The views, in the order of the page. */
export const VIEWS: readonly StudyView[] = [
  { id: 'history', title: 'History', component: History, tab: 'overview', wide: true },
  { id: 'intermediate', title: 'Intermediate values', component: Intermediate, tab: 'overview' },
  { id: 'timeline', title: 'Timeline', component: Timeline, tab: 'overview' },
  { id: 'distribution', title: 'Distribution', component: Distribution, tab: 'overview' },
];
