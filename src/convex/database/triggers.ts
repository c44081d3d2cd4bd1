/** Triggers: the app's code that runs in the transaction of each write to a table. */
import type {
  DataModelFromSchemaDefinition,
  DocumentByName,
  GenericDataModel,
  GenericMutationCtx,
  SchemaDefinition,
  TableNamesInDataModel,
  WithoutSystemFields,
} from 'convex/server'
import type { Row } from './statement.ts'

type MaybePromise<T> = T | Promise<T>

/**
 * Functions that run in the transaction of each write that Better Auth makes to a table. If one of
 * them throws, the write fails, and its transaction is undone. In a mutation that catches the
 * error, earlier writes remain, unless the option `mutation` runs writes in nested calls.
 * The writes of triggers do not run triggers.
 */
export interface TableTriggers<DataModel extends GenericDataModel, Name extends TableNamesInDataModel<DataModel>> {
  /** Runs before a row is created. The values that it returns, if any, replace those of the row. */
  beforeCreate?: (
    ctx: GenericMutationCtx<DataModel>,
    values: WithoutSystemFields<DocumentByName<DataModel, Name>>,
  ) => MaybePromise<Partial<WithoutSystemFields<DocumentByName<DataModel, Name>>> | void>
  /** Runs after a row was created. */
  onCreate?: (ctx: GenericMutationCtx<DataModel>, row: DocumentByName<DataModel, Name>) => MaybePromise<void>
  /**
   * Runs before a row is changed. The values that it returns, if any, replace those of the changes.
   */
  beforeUpdate?: (
    ctx: GenericMutationCtx<DataModel>,
    row: DocumentByName<DataModel, Name>,
    changes: Partial<WithoutSystemFields<DocumentByName<DataModel, Name>>>,
  ) => MaybePromise<Partial<WithoutSystemFields<DocumentByName<DataModel, Name>>> | void>
  /** Runs after a row was changed. */
  onUpdate?: (
    ctx: GenericMutationCtx<DataModel>,
    row: DocumentByName<DataModel, Name>,
    previous: DocumentByName<DataModel, Name>,
  ) => MaybePromise<void>
  /** Runs before a row is deleted. */
  beforeDelete?: (ctx: GenericMutationCtx<DataModel>, row: DocumentByName<DataModel, Name>) => MaybePromise<void>
  /** Runs after a row was deleted. */
  onDelete?: (ctx: GenericMutationCtx<DataModel>, row: DocumentByName<DataModel, Name>) => MaybePromise<void>
}

/** The triggers of an app, by the names of its tables. */
export type AuthTriggers<Schema extends SchemaDefinition<any, boolean>> = {
  [Name in TableNamesInDataModel<DataModelFromSchemaDefinition<Schema>>]?:
  TableTriggers<DataModelFromSchemaDefinition<Schema>, Name>
}

/** The triggers as the writes use them, without the types of the app's tables. */
export type UntypedTriggers = Record<string, Partial<Record<keyof TableTriggers<any, any>,
  (ctx: GenericMutationCtx<GenericDataModel>, ...rows: Row[]) => MaybePromise<Row | void>>> | undefined>
