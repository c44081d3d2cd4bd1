/** The part of Standard Schema that forms use, as types. Valibot, Zod and others implement it. */

/**
 * A schema of any library that implements [Standard Schema](https://standardschema.dev), such as
 * Valibot, Zod or ArkType.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input, readonly output: Output } | undefined
  }
}

/** The result of validating a value with a schema: the output, or the issues. */
export type SchemaResult<Output>
  = | { readonly value: Output, readonly issues?: undefined }
    | { readonly issues: readonly SchemaIssue[] }

/** One reason why a value is invalid. */
export interface SchemaIssue {
  readonly message: string
  /** The path of the field; absent or empty if the issue concerns the whole value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
