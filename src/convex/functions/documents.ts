/** Types of users and sessions, from the app's data model or from the component's schema. */
import type {
  DataModelFromSchemaDefinition,
  DocumentByName,
  GenericDataModel,
  SchemaDefinition,
  TableNamesInDataModel,
} from 'convex/server'

/** The user and the session of a caller, as the helpers return them. */
export interface AuthDocuments {
  user: any
  session: any
}

/**
 * A session without its token, which is a secret: a function that returns the session to a page
 * must not reveal it.
 */
export type SessionWithoutToken<Session> = Omit<Session, 'token'>

/** The documents of tables in the app's own schema. */
export interface LocalDocuments<DataModel extends GenericDataModel, User extends string, Session extends string> {
  user: DocumentOf<DataModel, User>
  session: SessionWithoutToken<DocumentOf<DataModel, Session>>
}

type DocumentOf<DataModel extends GenericDataModel, Table extends string>
  = Table extends TableNamesInDataModel<DataModel> ? DocumentByName<DataModel, Table> : never

/** The documents of the component `@convex-dev/better-auth` with its own schema. */
export interface ComponentDocuments {
  user: ComponentUser
  session: SessionWithoutToken<ComponentSession>
}

/** The documents of a component that is in the app's own folder, with a schema of the app. */
export type ComponentDocumentsOf<Schema extends SchemaDefinition<any, any>>
  = LocalDocuments<DataModelFromSchemaDefinition<Schema>, 'user', 'session'>

/** A user of the component. Dates are in ms since 1970. */
export interface ComponentUser {
  _id: string
  _creationTime: number
  name: string
  email: string
  emailVerified: boolean
  image?: string | null
  createdAt: number
  updatedAt: number
  /** The id of the app's own document about the user, if the app sets it. */
  userId?: string | null
  username?: string | null
  displayUsername?: string | null
  phoneNumber?: string | null
  phoneNumberVerified?: boolean | null
  isAnonymous?: boolean | null
  twoFactorEnabled?: boolean | null
}

/** A session of the component. Dates are in ms since 1970. */
export interface ComponentSession {
  _id: string
  _creationTime: number
  userId: string
  token: string
  expiresAt: number
  createdAt: number
  updatedAt: number
  ipAddress?: string | null
  userAgent?: string | null
}
