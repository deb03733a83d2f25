import type { DatabaseKind } from './fixture.ts';
import { describeAttachments } from './suites/attachments.ts';
import { describeConcurrency } from './suites/concurrency.ts';
import { describeFeedback } from './suites/feedback.ts';
import { describeIsolation } from './suites/isolation.ts';
import { describeItems } from './suites/items.ts';
import { describeOpening } from './suites/opening.ts';
import { describePagination } from './suites/pagination.ts';
import { describePlans } from './suites/plans.ts';
import { describeRules } from './suites/rules.ts';
import { describeSessions } from './suites/sessions.ts';
import { describeTasks } from './suites/tasks.ts';
import { describeThreads } from './suites/threads.ts';
import { describeUsers } from './suites/users.ts';

/** What every database must do alike. Called inside a `describe` whose hooks make `kind()` ready. */
export function describeStoreContract(kind: () => DatabaseKind): void {
  describeOpening(kind);
  describeThreads(kind);
  describeItems(kind);
  describeFeedback(kind);
  describeIsolation(kind);
  describePagination(kind);
  describePlans(kind);
  describeConcurrency(kind);
  describeUsers(kind);
  describeSessions(kind);
  describeTasks(kind);
  describeAttachments(kind);
  describeRules(kind);
}
