/** Every view of a study: a line each. A view is a component that takes `ViewProps`. */
import type { Component } from 'svelte';
import type { StudyRow } from '../../../store/study';
import Contour from './charts/Contour.svelte';
import Distribution from './charts/Distribution.svelte';
import History from './charts/History.svelte';
import Importance from './charts/Importance.svelte';
import Intermediate from './charts/Intermediate.svelte';
import ParallelCoordinates from './charts/ParallelCoordinates.svelte';
import ParetoFront from './charts/ParetoFront.svelte';
import Rank from './charts/Rank.svelte';
import Slice from './charts/Slice.svelte';
import Timeline from './charts/Timeline.svelte';
import type { ViewProps } from './charts/view';

/** One view. */
export interface StudyView {
  id: string;
  title: string;
  component: Component<ViewProps>;
  /** The tab on which it stands: how the search goes, or what the parameters do. */
  tab: 'overview' | 'parameters';
  /** Its title is written above it; left out where the view writes it beside its controls. */
  titled?: boolean;
  /** It takes a whole line. */
  wide?: boolean;
  /** Whether it has anything to say of the study; always where it is left out. */
  applies?: (study: StudyRow) => boolean;
}

const severalParameters = ({ space }: StudyRow): boolean => Object.keys(space).length > 1;

/** The views, in the order of the page. */
export const VIEWS: readonly StudyView[] = [
  { id: 'history', title: 'History', component: History, tab: 'overview', wide: true },
  {
    id: 'pareto',
    title: 'Pareto front',
    component: ParetoFront,
    titled: true,
    tab: 'overview',
    applies: ({ objectives }) => objectives.length > 1,
  },
  {
    id: 'intermediate',
    title: 'Intermediate values',
    component: Intermediate,
    tab: 'overview',
    // Trials with several objectives report nothing before their end.
    applies: ({ objectives }) => objectives.length === 1,
  },
  { id: 'timeline', title: 'Timeline', component: Timeline, tab: 'overview' },
  { id: 'distribution', title: 'Distribution', component: Distribution, tab: 'overview' },
  {
    id: 'parallel',
    title: 'Parallel coordinates',
    component: ParallelCoordinates,
    tab: 'parameters',
    titled: true,
    wide: true,
  },
  { id: 'importance', title: 'Importance', component: Importance, tab: 'parameters', titled: true, wide: true },
  { id: 'contour', title: 'Contour', component: Contour, tab: 'parameters', titled: true, applies: severalParameters },
  { id: 'rank', title: 'Rank', component: Rank, tab: 'parameters', titled: true, applies: severalParameters },
  { id: 'slice', title: 'Slices', component: Slice, tab: 'parameters', titled: true, wide: true },
];
